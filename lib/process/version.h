/* SPDX-License-Identifier: MIT */
/* version: the version number of the release; it stands only here. */
#ifndef MEMC_VERSION_H
#define MEMC_VERSION_H

#define MEMC_VERSION "1.1.1"

#endif
