/* SPDX-License-Identifier: MIT */
/*
 * devtype: the one list of the device types.
 */
#ifndef MEMC_DEVTYPE_H
#define MEMC_DEVTYPE_H

#include "bytes/slice.h"

enum devtype { DEVTYPE_IDFA, DEVTYPE_GAID, DEVTYPE_ADID, DEVTYPE_DVID, DEVTYPE_COUNT };

/* The length of every name, without the NUL. */
enum { DEVTYPE_NAME_BYTES = 4 };

/* "idfa" and so on; a constant. */
const char *devtype_name(enum devtype type);

/* The type with exactly this name (lower case). False, and *type unchanged: there is none. */
bool devtype_find(struct slice name, enum devtype *type);

/* Reads a comma-separated list of names as a set of bits 1 << type. False: an unknown or empty
 * name. */
bool devtype_set(struct slice list, unsigned *set);

#endif
