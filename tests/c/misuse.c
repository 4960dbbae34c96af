/* Everything that can be done wrong gives a status, and never a crash. usage: misuse CA.PEM */
#include "check.h"
#include <poll.h>

static const char *ca_file;

static liaison_engine_config good(void)
{
    return config_for("https://127.0.0.1:1", ca_file);
}

/* A config that must be refused, and leave the output alone. */
static void refused(int32_t expected, liaison_engine_config config)
{
    liaison_engine *engine = (liaison_engine *)&config;
    CHECK_STATUS(expected, liaison_engine_new(LIAISON_ABI, &config, &engine));
    CHECK(engine == (liaison_engine *)&config);
}

static void versions_and_texts(void)
{
    int32_t status;
    CHECK(liaison_abi() == LIAISON_ABI);
    CHECK(same(liaison_version(), LIAISON_VERSION));
    CHECK(strlen(liaison_version().data) == liaison_version().length);
    for (status = LIAISON_OK; status >= LIAISON_IN_USE; status--)
        CHECK(!same(liaison_status_text(status), "unknown status"));
    CHECK(same(liaison_status_text(status), "unknown status"));
    CHECK(same(liaison_status_text(1), "unknown status"));
    CHECK(same(liaison_status_text(INT32_MIN), "unknown status"));
    CHECK(liaison_str_of(NULL).length == 0);
    CHECK(same(liaison_str_of("abc"), "abc"));
    CHECK(liaison_monotonic_us() > 0);
}

static void configs(void)
{
    struct { liaison_engine_config known; char tail[16]; } newer;
    liaison_engine_config config = good();
    liaison_engine *engine = NULL;
    liaison_call_options options;

    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_config_init(NULL, sizeof config));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_config_init(&config, 0));
    /* The first version ended with its flags: what was compiled with it is taken, less is not. */
    CHECK_STATUS(LIAISON_OK, liaison_engine_config_init(&config, offsetof(liaison_engine_config, echo_cancellation)));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT,
                 liaison_engine_config_init(&config, offsetof(liaison_engine_config, echo_cancellation) - 1));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_config_init(&config, (size_t)-1));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_options_init(NULL, sizeof options));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_options_init(&options, 1));

    config = good();
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_new(LIAISON_ABI, NULL, &engine));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_new(LIAISON_ABI, &config, NULL));
    CHECK_STATUS(LIAISON_ABI_MISMATCH, liaison_engine_new(LIAISON_ABI + 1, &config, &engine));
    CHECK_STATUS(LIAISON_ABI_MISMATCH, liaison_engine_new(0, &config, &engine));
    CHECK(engine == NULL);

    /* A newer header's config is taken while its tail is zero. */
    memset(&newer, 0xee, sizeof newer);
    CHECK_STATUS(LIAISON_OK, liaison_engine_config_init(&newer.known, sizeof newer));
    CHECK(newer.tail[15] == 0 && newer.known.size == sizeof newer);
    config.size = sizeof newer;
    newer.known = config;
    CHECK_STATUS(LIAISON_OK, liaison_engine_new(LIAISON_ABI, &newer.known, &engine));
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(engine));
    newer.tail[15] = 1;
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_new(LIAISON_ABI, &newer.known, &engine));

#define REFUSED(status, change) \
    do { \
        config = good(); \
        change; \
        refused(status, config); \
    } while (0)
    REFUSED(LIAISON_INVALID_ARGUMENT, config.size = 0);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.size = 3);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.echo_cancellation = 3);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.noise_suppression = -1);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.gain_control = INT32_MAX);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.reserved = 1);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.level_events_us = 19999);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.flags = 8);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.endpoint = liaison_str_of(""));
    REFUSED(LIAISON_INVALID_ARGUMENT, config.endpoint = liaison_str_of("http://plain"));
    REFUSED(LIAISON_INVALID_ARGUMENT, config.endpoint = liaison_str_of("https://bad\xff"));
    REFUSED(LIAISON_INVALID_ARGUMENT, config.endpoint.data = NULL);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.endpoint.length = (size_t)-1);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.http_proxy = liaison_str_of("socks://x"));
    REFUSED(LIAISON_UNTRUSTED, config.ca_pem = liaison_str_of("not a certificate"));
    REFUSED(LIAISON_FILE_ERROR, config.data_path = liaison_str_of("/proc/nowhere/at/all"));
    REFUSED(LIAISON_INVALID_ARGUMENT, config.data_key = (const uint8_t *)"01234567890123456789012345678901"); /* no path */
    REFUSED(LIAISON_INVALID_ARGUMENT, config.log_level = 6);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.log_level = -1);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.audio_mode = 3);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.capture_device = liaison_str_of("tone:440")); /* no managed audio */
    REFUSED(LIAISON_INVALID_ARGUMENT, config.audio_mode = 0; config.capture_device = liaison_str_of("tone:-1"));
    REFUSED(LIAISON_INVALID_ARGUMENT, config.media_bind = liaison_str_of("localhost:0"));
    REFUSED(LIAISON_INVALID_ARGUMENT, config.media_advertise = liaison_str_of("127.0.0.1"));
    REFUSED(LIAISON_INVALID_ARGUMENT, config.audio_max_bitrate_bps = 5999);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.audio_max_bitrate_bps = 128001);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.audio_music = 2);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.audio_channels = 3);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.audio_channels = -1);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.audio_packet_time_us = 3000);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.reconnect_after_us = 1);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.media_lost_after_us = -1);
    REFUSED(LIAISON_INVALID_ARGUMENT, config.no_answer_after_us = INT64_MAX);
}

/* Every function, with no engine. */
static void null_engine(void)
{
    uint64_t number = 7;
    int descriptor = 7;
    liaison_call_state state = 77;
    liaison_audio_port *port = (liaison_audio_port *)&number;
    liaison_call_stats stats = {0};
    stats.size = sizeof stats;
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_status(NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_sign_in(NULL, "x", 1, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_set_token(NULL, "x", 1, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_sign_out(NULL, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_network_changed(NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_start_call(NULL, "x", 1, NULL, &number));
    CHECK(liaison_engine_next_event(NULL) == NULL);
    CHECK(liaison_engine_wait_event(NULL, 1000000000) == NULL);
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_set_wake_hook(NULL, NULL, NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_wake_fd(NULL, &descriptor));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_audio_port(NULL, &port));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_accept(NULL, 1, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_reject(NULL, 1, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_hang_up(NULL, 1, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_set_muted(NULL, 1, 1, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_send_dtmf(NULL, 1, "1", 1, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_set_processing(NULL, 0, 0, 0));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_hold(NULL, 1, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_resume(NULL, 1, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_announce_recording(NULL, 1, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_end_recording(NULL, 1, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_notice_shown(NULL, 1, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_get_state(NULL, 1, &state));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_get_stats(NULL, 1, &stats));
    CHECK(number == 7 && descriptor == 7 && state == 77 && port == (liaison_audio_port *)&number);
}

/* Numbers that are no calls, and texts that are no tokens or raw ids. */
static void stale_and_malformed(liaison_engine *engine)
{
    static const uint64_t stale[] = {0, 1, 42, UINT64_MAX};
    uint64_t number = 7;
    size_t i;
    liaison_call_state state;
    liaison_call_stats stats = {0};
    liaison_call_options options;
    char *huge = malloc(2u << 20);
    for (i = 0; i < sizeof stale / sizeof *stale; i++) {
        CHECK_STATUS(LIAISON_NOT_FOUND, liaison_call_accept(engine, stale[i], &number));
        CHECK_STATUS(LIAISON_NOT_FOUND, liaison_call_reject(engine, stale[i], NULL));
        CHECK_STATUS(LIAISON_NOT_FOUND, liaison_call_hang_up(engine, stale[i], &number));
        CHECK_STATUS(LIAISON_NOT_FOUND, liaison_call_set_muted(engine, stale[i], 0, &number));
        CHECK_STATUS(LIAISON_NOT_FOUND, liaison_call_send_dtmf(engine, stale[i], "1", 1, &number));
        CHECK_STATUS(LIAISON_NOT_FOUND, liaison_call_hold(engine, stale[i], &number));
        CHECK_STATUS(LIAISON_NOT_FOUND, liaison_call_resume(engine, stale[i], &number));
        CHECK_STATUS(LIAISON_NOT_FOUND, liaison_call_announce_recording(engine, stale[i], &number));
        CHECK_STATUS(LIAISON_NOT_FOUND, liaison_call_end_recording(engine, stale[i], &number));
        CHECK_STATUS(LIAISON_NOT_FOUND, liaison_call_notice_shown(engine, stale[i], &number));
        CHECK_STATUS(LIAISON_NOT_FOUND, liaison_call_get_state(engine, stale[i], &state));
        stats.size = sizeof stats;
        CHECK_STATUS(LIAISON_NOT_FOUND, liaison_call_get_stats(engine, stale[i], &stats));
    }
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_set_muted(engine, 1, 2, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_send_dtmf(engine, 1, "\xff", 1, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_set_processing(engine, -1, 0, 0));
    CHECK_STATUS(LIAISON_OK, liaison_engine_set_processing(engine, 2, 1, 0));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_get_state(engine, 1, NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_get_stats(engine, 1, NULL));

    memset(huge, 'x', 2u << 20);
    CHECK_STATUS(LIAISON_INVALID_TOKEN, liaison_engine_sign_in(engine, NULL, 0, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_sign_in(engine, NULL, 5, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_sign_in(engine, "\xc3\x28", 2, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_sign_in(engine, huge, 2u << 20, &number));
    CHECK_STATUS(LIAISON_INVALID_TOKEN, liaison_engine_sign_in(engine, huge, 1u << 19, &number));
    CHECK_STATUS(LIAISON_INVALID_TOKEN, liaison_engine_sign_in(engine, "not.a.token", 11, &number));
    CHECK_STATUS(LIAISON_INVALID_TOKEN, liaison_engine_set_token(engine, "", 0, &number));

    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_start_call(engine, "8:orgid:x", 9, NULL, NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_start_call(engine, NULL, 0, NULL, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_start_call(engine, "8:orgid:\xff", 9, NULL, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_start_call(engine, "8:orgid:\n", 9, NULL, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_start_call(engine, huge, 513, NULL, &number));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_start_call(engine, "4:+4930123", 10, NULL, &number));
    CHECK_STATUS(LIAISON_OK, liaison_call_options_init(&options, sizeof options));
    options.flags = 1;
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_start_call(engine, "8:orgid:x", 9, &options, &number));
    options.flags = 0;
    options.size = 5;
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_start_call(engine, "8:orgid:x", 9, &options, &number));
    CHECK(number == 7);
    free(huge);
}

static void events_and_wakes(liaison_engine *engine)
{
    int descriptor = -1;
    struct pollfd readable;
    int64_t before = liaison_monotonic_us();
    CHECK(liaison_engine_next_event(engine) == NULL);
    CHECK_STATUS(LIAISON_OK, liaison_engine_status(engine));
    CHECK(liaison_engine_wait_event(engine, -5) == NULL);
    CHECK(liaison_engine_wait_event(engine, INT64_MIN) == NULL);
    CHECK(liaison_engine_wait_event(engine, 30000) == NULL);
    CHECK(liaison_monotonic_us() - before >= 30000);
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_wake_fd(engine, NULL));
    CHECK_STATUS(LIAISON_OK, liaison_engine_wake_fd(engine, &descriptor));
    readable.fd = descriptor;
    readable.events = POLLIN;
    CHECK(poll(&readable, 1, 0) == 0);
    CHECK_STATUS(LIAISON_OK, liaison_engine_set_wake_hook(engine, NULL, NULL));
    CHECK_STATUS(LIAISON_OK, liaison_engine_network_changed(engine));
}

static void audio_ports(void)
{
    float samples[480] = {0};
    int16_t shorts[480] = {0};
    liaison_audio_port *port = NULL;
    liaison_engine *engine = NULL;
    liaison_engine_config config = good();
    liaison_audio_port_stats stats = {0};
    int i;
    CHECK_STATUS(LIAISON_OK, liaison_engine_new(LIAISON_ABI, &config, &engine));
    CHECK_STATUS(LIAISON_INVALID_STATE, liaison_engine_audio_port(engine, &port));
    CHECK(port == NULL);
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(engine));

    config.audio_mode = LIAISON_AUDIO_MODE_EXTERNAL;
    CHECK_STATUS(LIAISON_OK, liaison_engine_new(LIAISON_ABI, &config, &engine));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_audio_port(engine, NULL));
    CHECK_STATUS(LIAISON_OK, liaison_engine_audio_port(engine, &port));

    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_audio_port_push(NULL, samples, 480, 0));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_audio_port_push(port, NULL, 480, 0));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_audio_port_push(port, samples, 48001, 0));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_audio_port_push(port, samples, 480, -1));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_audio_port_push_s16(NULL, shorts, 480, 0));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_audio_port_pull(NULL, samples, 480, 0));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_audio_port_pull(port, NULL, 480, 0));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_audio_port_pull(port, samples, (size_t)-1, 0));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_audio_port_pull_s16(NULL, shorts, 480, 0));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_audio_port_get_stats(port, NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_audio_port_get_stats(port, &stats));
    CHECK_STATUS(LIAISON_OK, liaison_audio_port_push(port, NULL, 0, 0));

    /* In no call: what is pushed has no end, what is pulled is silence. */
    for (i = 0; i < 480; i++)
        shorts[i] = 77;
    for (i = 0; i < 300; i++) {
        CHECK_STATUS(LIAISON_OK, liaison_audio_port_push(port, samples, 480, liaison_monotonic_us()));
        CHECK_STATUS(LIAISON_OK, liaison_audio_port_push_s16(port, shorts, 480, liaison_monotonic_us()));
    }
    CHECK_STATUS(LIAISON_OK, liaison_audio_port_pull_s16(port, shorts, 480, 0));
    CHECK(shorts[0] == 0 && shorts[479] == 0);
    stats.size = sizeof stats;
    CHECK_STATUS(LIAISON_OK, liaison_audio_port_get_stats(port, &stats));
    CHECK(stats.size == sizeof stats && stats.busy == 0);

    /* The port outlives its engine, and gives silence then. */
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(engine));
    samples[0] = samples[479] = 1;
    CHECK_STATUS(LIAISON_OK, liaison_audio_port_push(port, samples, 480, 0));
    CHECK_STATUS(LIAISON_OK, liaison_audio_port_pull(port, samples, 480, 0));
    CHECK(samples[0] == 0 && samples[479] == 0);
    CHECK_STATUS(LIAISON_OK, liaison_audio_port_free(port));
    CHECK_STATUS(LIAISON_OK, liaison_audio_port_free(NULL));
}

static void raw_ids(void)
{
    static const struct { const char *text; int32_t kind, cloud, anonymous; } table[] = {
        {"8:orgid:0e1b0cb8-6f3b-4ef2-9d52-0a4a2c1b7a11", LIAISON_IDENTIFIER_KIND_MICROSOFT_TEAMS_USER, LIAISON_CLOUD_PUBLIC, 0},
        {"8:gcch:0e1b0cb8", LIAISON_IDENTIFIER_KIND_MICROSOFT_TEAMS_USER, LIAISON_CLOUD_GCCH, 0},
        {"8:teamsvisitor:x", LIAISON_IDENTIFIER_KIND_MICROSOFT_TEAMS_USER, LIAISON_CLOUD_PUBLIC, 1},
        {"28:dod:app", LIAISON_IDENTIFIER_KIND_MICROSOFT_TEAMS_APP, LIAISON_CLOUD_DOD, 0},
        {"8:acs:res_user", LIAISON_IDENTIFIER_KIND_COMMUNICATION_USER, LIAISON_CLOUD_PUBLIC, 0},
        {"8:acs:res_tenant_user", LIAISON_IDENTIFIER_KIND_TEAMS_EXTENSION_USER, LIAISON_CLOUD_PUBLIC, 0},
        {"4:+112345", LIAISON_IDENTIFIER_KIND_PHONE_NUMBER, LIAISON_CLOUD_PUBLIC, 0},
        {"4:anonymous", LIAISON_IDENTIFIER_KIND_PHONE_NUMBER, LIAISON_CLOUD_PUBLIC, 1},
        {"48:something", LIAISON_IDENTIFIER_KIND_UNKNOWN, LIAISON_CLOUD_PUBLIC, 0},
    };
    size_t i;
    liaison_identifier identifier = {0};
    for (i = 0; i < sizeof table / sizeof *table; i++) {
        identifier.size = sizeof identifier;
        CHECK_STATUS(LIAISON_OK, liaison_raw_id_parse(table[i].text, strlen(table[i].text), &identifier));
        CHECK(identifier.kind == table[i].kind && identifier.cloud == table[i].cloud);
        CHECK(identifier.is_anonymous == table[i].anonymous && identifier.size == sizeof identifier);
    }
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_raw_id_parse("8:orgid:x", 9, NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_raw_id_parse(NULL, 9, &identifier));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_raw_id_parse("", 0, &identifier));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_raw_id_parse("8:\x80", 3, &identifier));
    identifier.size = 1;
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_raw_id_parse("8:orgid:x", 9, &identifier));
}

int main(int argc, char **argv)
{
    liaison_engine *engine = NULL;
    liaison_engine_config config;
    CHECK(argc == 2);
    ca_file = argv[1];
    config = good();
    versions_and_texts();
    null_engine();
    raw_ids();
    CHECK_STATUS(LIAISON_OK, liaison_engine_new(LIAISON_ABI, &config, &engine));
    events_and_wakes(engine);
    stale_and_malformed(engine);
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(engine));
    configs();
    audio_ports();
    puts("ok");
    return 0;
}
