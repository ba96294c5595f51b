/* SPDX-License-Identifier: MIT */
#include "filter/reasons.h"

#include <string.h>

void reasons_add(struct reasons *reasons, const char *text)
{
    size_t i = 0;

    while (i < REASONS_MAX - 1 && reasons->of[i].text && strcmp(reasons->of[i].text, text) != 0)
        i++;
    if (!reasons->of[i].text)
        reasons->of[i].text = text;
    reasons->of[i].count++;
}

void reasons_json(const struct reasons *reasons, struct json *json)
{
    json_open_object(json, "reasons");
    for (size_t i = 0; i < REASONS_MAX && reasons->of[i].text; i++)
        json_uint(json, reasons->of[i].text, reasons->of[i].count);
    json_close_object(json);
}
