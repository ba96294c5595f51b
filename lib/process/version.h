/* version: the one place of the release's number. */
#ifndef MEMC_VERSION_H
#define MEMC_VERSION_H

#define MEMC_VERSION "1.0.0"

#endif
