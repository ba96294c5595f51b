/* SPDX-License-Identifier: MIT */
/* status: which of two exit statuses is told. */
#include "process/status.h"
#include "tap.h"

int main(void)
{
    /* From the one that always wins to the one that never does. */
    static const int ORDER[] = {128 + 15, 64, 70, 71, 73, 74, 77, 76, 69, 66, 75, 65, 0};
    enum { COUNT = sizeof ORDER / sizeof *ORDER };

    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < COUNT; j++) {
            int expected = ORDER[i < j ? i : j];
            ok(status_merge(ORDER[i], ORDER[j]) == expected, "%d and %d: %d", ORDER[i], ORDER[j],
               expected);
        }
    }
    ok(status_merge(130, 64) == 130 && status_merge(64, 129) == 129, "any signal wins");
    return done_testing();
}
