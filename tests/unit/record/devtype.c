/* SPDX-License-Identifier: MIT */
/* devtype: the four names. */
#include "record/devtype.h"
#include "tap.h"

static void test_names(void)
{
    static const char *const NAME[DEVTYPE_COUNT] = {"idfa", "gaid", "adid", "dvid"};

    is_u64(DEVTYPE_COUNT, 4, "four types");
    for (unsigned i = 0; i < DEVTYPE_COUNT; i++) {
        enum devtype type = DEVTYPE_COUNT;
        is_str(devtype_name((enum devtype)i), NAME[i], "name %u", i);
        ok(devtype_find(slice_of(NAME[i]), &type) && type == (enum devtype)i, "%s is found",
           NAME[i]);
    }
}

static void test_unknown(void)
{
    static const struct slice BAD[] = {{"", 0},      {NULL, 0},    {"IDFA", 4},  {"idf", 3},
                                       {"idfaa", 5}, {" idfa", 5}, {"idfa ", 5}, {"idfa\0", 5},
                                       {"xxxx", 4},  {"gaie", 4}};

    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        enum devtype type = DEVTYPE_COUNT;
        ok(!devtype_find(BAD[i], &type) && type == DEVTYPE_COUNT, "unknown name %zu", i);
    }
}

static void test_sets(void)
{
    static const struct {
        const char *list;
        bool good;
        unsigned set;
    } CASE[] = {
        {"idfa", true, 1},        {"dvid", true, 8},        {"gaid,adid", true, 6},
        {"dvid,idfa", true, 9},   {"idfa,idfa", true, 1},   {"idfa,gaid,adid,dvid", true, 15},
        {"", false, 0},           {",", false, 0},          {"idfa,", false, 0},
        {",idfa", false, 0},      {"idfa, gaid", false, 0}, {"idfa;gaid", false, 0},
        {"idfa,,gaid", false, 0}, {"all", false, 0},        {"idfa,x", false, 0},
    };

    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        unsigned set = 42;
        bool good = devtype_set(slice_of(CASE[i].list), &set);
        ok(good == CASE[i].good && set == (CASE[i].good ? CASE[i].set : 42), "set \"%s\"",
           CASE[i].list);
    }
}

int main(void)
{
    test_names();
    test_unknown();
    test_sets();
    return done_testing();
}
