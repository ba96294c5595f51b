/* SPDX-License-Identifier: MIT */
/*
 * route_options: the command line of memc_route.
 */
#ifndef MEMC_ROUTE_OPTIONS_H
#define MEMC_ROUTE_OPTIONS_H

#include "filter/options.h"
#include "record/devtype.h"

/* The strings point into argv. */
struct route_options {
    struct common_options common;
    uint64_t rate; /* lines a second; 0: as fast as it goes */
    const char *directory;
    const char *path[DEVTYPE_COUNT]; /* NULL: directory/TYPE */
    unsigned only;                   /* set of types, bit 1 << type */
    bool make_fifos;
    bool sentinel;
    const char *mark; /* the token that ends each of several inputs; NULL: there is one input */
};

enum options_result route_options_parse(int argc, char **argv, struct route_options *options,
                                        struct options_error *error);

/* What --help prints. */
extern const char ROUTE_HELP[];

#endif
