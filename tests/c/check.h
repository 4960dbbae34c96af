/* What the test programs share: a check that says where it failed, and a token nobody signed. */
#ifndef CHECK_H
#define CHECK_H

#include "liaison.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

#define CHECK_STATUS(expected, call) \
    do { \
        int32_t check_status = (call); \
        if (check_status != (expected)) { \
            fprintf(stderr, "%s:%d: %s is %d (%s), not %s\n", __FILE__, __LINE__, #call, (int)check_status, \
                    liaison_status_text(check_status).data, #expected); \
            exit(1); \
        } \
    } while (0)

/* {"alg":"RS256","kid":"x"} . {"skypeid":"acs:x_y","acsScope":"voip","exp":4102444800} . nothing that verifies */
#define FAKE_TOKEN \
    "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ." \
    "eyJza3lwZWlkIjoiYWNzOnhfeSIsImFjc1Njb3BlIjoidm9pcCIsImV4cCI6NDEwMjQ0NDgwMH0.c2ln"

static inline int same(liaison_str text, const char *expected)
{
    return text.length == strlen(expected) && (text.length == 0 || memcmp(text.data, expected, text.length) == 0);
}

/* The whole text of a file, for ever. */
static inline liaison_str file_text(const char *path)
{
    static char buffers[8][65536];
    static int used;
    liaison_str text = {NULL, 0};
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL && used < 8);
    text.data = buffers[used];
    text.length = fread(buffers[used++], 1, sizeof buffers[0], file);
    fclose(file);
    while (text.length > 0 && (text.data[text.length - 1] == '\n' || text.data[text.length - 1] == '\r'))
        text.length--;
    return text;
}

/* A config for the service at endpoint whose CA is in ca_file; no audio. */
static inline liaison_engine_config config_for(const char *endpoint, const char *ca_file)
{
    liaison_engine_config config;
    static liaison_str ca;
    if (ca.data == NULL)
        ca = file_text(ca_file);
    CHECK_STATUS(LIAISON_OK, liaison_engine_config_init(&config, sizeof config));
    config.endpoint = liaison_str_of(endpoint);
    config.ca_pem = ca;
    config.audio_mode = LIAISON_AUDIO_MODE_NONE;
    return config;
}

#endif
