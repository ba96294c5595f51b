/* SPDX-License-Identifier: MIT */
/* reasons: counted by their text, in the order in which they come first. */
#include "filter/reasons.h"
#include "tap.h"

#include <stdio.h>

static struct reasons reasons;
static struct json json;

static const char *as_json(void)
{
    json_begin(&json);
    json_uint(&json, "lines", 6);
    reasons_json(&reasons, &json);
    return json_end(&json);
}

static void test_counts(void)
{
    char other[] = "white"; /* the text counts, not where it stands */

    reasons = (struct reasons){.of = {{0}}};
    is_str(as_json(), "{\"lines\":6,\"reasons\":{}}", "none");
    reasons_add(&reasons, "white");
    reasons_add(&reasons, "black");
    reasons_add(&reasons, other);
    is_str(as_json(), "{\"lines\":6,\"reasons\":{\"white\":2,\"black\":1}}", "two");
}

static void test_many(void)
{
    static char text[REASONS_MAX + 2][8];

    reasons = (struct reasons){.of = {{0}}};
    for (int i = 0; i < REASONS_MAX + 2; i++) {
        snprintf(text[i], sizeof text[i], "r%d", i);
        reasons_add(&reasons, text[i]);
    }
    is_str(reasons.of[REASONS_MAX - 1].text, "r31", "the last one that has room");
    is_u64(reasons.of[REASONS_MAX - 1].count, 3, "counts those that have none");
}

int main(void)
{
    test_counts();
    test_many();
    return done_testing();
}
