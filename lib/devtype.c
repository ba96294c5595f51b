#include "devtype.h"

#include <string.h>

static const char *const NAME[DEVTYPE_COUNT] = {"idfa", "gaid", "adid", "dvid"};

const char *devtype_name(enum devtype type)
{
    return NAME[type];
}

bool devtype_find(struct slice name, enum devtype *type)
{
    if (name.len != DEVTYPE_NAME_BYTES)
        return false;
    for (unsigned i = 0; i < DEVTYPE_COUNT; i++) {
        if (memcmp(name.at, NAME[i], DEVTYPE_NAME_BYTES) == 0) {
            *type = (enum devtype)i;
            return true;
        }
    }
    return false;
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
