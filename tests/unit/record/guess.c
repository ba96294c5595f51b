/* SPDX-License-Identifier: MIT */
/* guess: what a bad line looks like. */
#include "record/guess.h"
#include "tap.h"

#define TEXT(bytes)                                                                                \
    {                                                                                              \
        bytes, sizeof bytes - 1                                                                    \
    }

static const struct {
    struct slice line;
    enum record_result result;
    const char *reason;
} CASE[] = {
    /* printf 'idfa\n' | gzip -c | gzip -c | gzip -dc begins so */
    {TEXT("\x1f\x8b\x08\x00\x00"), RECORD_FIELD_COUNT,
     "gzip data: compressed twice? or not decompressed?"},
    {TEXT("\x1f\x8b\x08\x00\x00"), RECORD_NUL_BYTE,
     "gzip data: compressed twice? or not decompressed?"},
    {TEXT("\x1f"), RECORD_TYPE, "unknown device type"},
    /* printf 'idfa\tx\n' | iconv -t UTF-16, UTF-16BE; and the next lines of UTF-16LE */
    {TEXT("\xff\xfei\0d\0f\0a\0\t\0x\0"), RECORD_NUL_BYTE, "UTF-16 text: only UTF-8 is read"},
    {TEXT("\xfe\xff\0i\0d\0f\0a\0\tx\0"), RECORD_TYPE, "UTF-16 text: only UTF-8 is read"},
    {TEXT("\0i\0d\0f\0a\0\t\0x\0"), RECORD_NUL_BYTE, "UTF-16 text: only UTF-8 is read"},
    {TEXT("i\0d\0f\0a\0\t\0x\0"), RECORD_NUL_BYTE, "UTF-16 text: only UTF-8 is read"},
    {TEXT("\0\0\0\0\0"), RECORD_NUL_BYTE, "NUL byte"},
    {TEXT("\0"), RECORD_NUL_BYTE, "NUL byte"},
    {TEXT("idfa\tx\0y\t1\t2\t3"), RECORD_NUL_BYTE, "NUL byte"},
    {TEXT("idfa,x,1,2,3"), RECORD_FIELD_COUNT, "commas where TABs are expected"},
    {TEXT("idfa,x,1.5,2.5,\"3,4\"\r"), RECORD_TYPE, "commas where TABs are expected"},
    {TEXT("idfa,x,1,2"), RECORD_TYPE, "unknown device type"},
    {TEXT("idfa x 1 2 3,4,5,6,7"), RECORD_TYPE, "unknown device type"},
    {TEXT("idfa;x;1,5;2,5;3"), RECORD_TYPE, "semicolons where TABs are expected"},
    {TEXT("xfa\tx\t1\t2\t3,4,5,6,7"), RECORD_TYPE, "unknown device type"},
    {TEXT("dev_type\tdev_id\tlat\tlon\tapps"), RECORD_TYPE,
     "unknown device type, and words for numbers: a header?"},
    {TEXT("# dev_type\tdev_id\tlat\tlon\tapps\r"), RECORD_TYPE,
     "unknown device type, and words for numbers: a header?"},
    {TEXT("type\tid\tlat\tlon"), RECORD_TYPE, "unknown device type"},
    {TEXT("type\tid\tlat\tlon\tapps\tmore"), RECORD_TYPE, "unknown device type"},
    {TEXT("type\tid\tlat\t2\tapps"), RECORD_TYPE, "unknown device type"},
    {TEXT("xfa\tx\t\t\t3"), RECORD_TYPE, "unknown device type"},
    {TEXT("idfa\tx\tlat\tlon\tapps"), RECORD_LAT, "latitude is not a finite decimal"},
    {TEXT(""), RECORD_TYPE, "unknown device type"},
};

int main(void)
{
    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++)
        is_str(guess_reason(CASE[i].line, CASE[i].result), CASE[i].reason, "case %zu", i);
    return done_testing();
}
