#include "devtype.h"

#include <string.h>

static const char *const NAME[DEVTYPE_COUNT] = {"idfa", "gaid", "adid", "dvid"};

const char *devtype_name(enum devtype type)
{
    return NAME[type];
}

/* Compares with all of them, so that the CPU need not guess which one it will be. */
bool devtype_find(struct slice name, enum devtype *type)
{
    unsigned found = 0; /* 1 more than the type; 0: none */

    if (name.len != DEVTYPE_NAME_BYTES)
        return false;
    for (unsigned i = 0; i < DEVTYPE_COUNT; i++)
        found += (i + 1) * (memcmp(name.at, NAME[i], DEVTYPE_NAME_BYTES) == 0);
    if (found == 0)
        return false;
    *type = (enum devtype)(found - 1);
    return true;
}

bool devtype_set(struct slice list, unsigned *set)
{
    unsigned found = 0;
    enum devtype type;

    while (list.at) {
        if (!devtype_find(slice_cut(&list, ','), &type))
            return false;
        found |= 1u << type;
    }
    *set = found;
    return true;
}
