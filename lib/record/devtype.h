/*
 * devtype: the one list of the device types.
 */
#ifndef MEMC_DEVTYPE_H
#define MEMC_DEVTYPE_H

#include "bytes/slice.h"

enum devtype { DEVTYPE_IDFA, DEVTYPE_GAID, DEVTYPE_ADID, DEVTYPE_DVID, DEVTYPE_COUNT };

/* Of each name, without the NUL. */
enum { DEVTYPE_NAME_BYTES = 4 };

/* "idfa" and so on; a constant. */
const char *devtype_name(enum devtype type);

/* Exactly one of the names, lower case. False, and *type untouched: unknown. */
bool devtype_find(struct slice name, enum devtype *type);

/* A comma-separated list of names to a set, bit 1 << type. False: an unknown or empty name. */
bool devtype_set(struct slice list, unsigned *set);

#endif
