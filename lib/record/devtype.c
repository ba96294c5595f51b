/* SPDX-License-Identifier: MIT */
#include "record/devtype.h"

#include <limits.h>
#include <string.h>

static const char NAME[DEVTYPE_COUNT][DEVTYPE_NAME_BYTES + 1] = {"idfa", "gaid", "adid", "dvid"};

const char *devtype_name(enum devtype type)
{
    return NAME[type];
}

/* The names begin with different letters. So the first letter selects the one name to compare, and
 * there is no branch that the CPU could predict wrongly. */
bool devtype_find(struct slice name, enum devtype *type)
{
    static const unsigned char BY_LETTER[UCHAR_MAX + 1] = {
        ['i'] = DEVTYPE_IDFA, ['g'] = DEVTYPE_GAID, ['a'] = DEVTYPE_ADID, ['d'] = DEVTYPE_DVID};

    if (name.len != DEVTYPE_NAME_BYTES)
        return false;
    enum devtype one = (enum devtype)BY_LETTER[(unsigned char)name.at[0]];
    if (memcmp(name.at, NAME[one], DEVTYPE_NAME_BYTES) != 0)
        return false;
    *type = one;
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
