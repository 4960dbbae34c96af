/* Calls from inside a hook return LIAISON_REENTRANT and do not deadlock; after _free no hook runs.
 * usage: hooks CA.PEM */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <stdatomic.h>
#include <time.h>

static _Atomic(liaison_engine *) engine;
static liaison_audio_port *port;
static atomic_int wakes, lines, freed;

static void pause_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* Everything an app might be tempted to call. */
static void call_everything(void)
{
    liaison_engine *e = atomic_load(&engine);
    uint64_t number = 7;
    int descriptor = 7;
    float samples[480] = {0};
    liaison_call_state state = 77;
    liaison_engine *other = NULL;
    liaison_audio_port *more = NULL;
    liaison_engine_config config;
    liaison_call_stats stats = {0};
    stats.size = sizeof stats;
    if (e == NULL)
        return;
    CHECK_STATUS(LIAISON_OK, liaison_engine_config_init(&config, sizeof config));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_engine_new(LIAISON_ABI, &config, &other));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_engine_free(e));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_engine_status(e));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_engine_sign_in(e, FAKE_TOKEN, strlen(FAKE_TOKEN), &number));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_engine_set_token(e, FAKE_TOKEN, strlen(FAKE_TOKEN), &number));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_engine_sign_out(e, &number));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_engine_network_changed(e));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_engine_start_call(e, "8:orgid:x", 9, NULL, &number));
    CHECK(liaison_engine_next_event(e) == NULL);
    CHECK(liaison_engine_wait_event(e, INT64_MAX) == NULL);
    CHECK_STATUS(LIAISON_REENTRANT, liaison_engine_set_wake_hook(e, NULL, NULL));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_engine_wake_fd(e, &descriptor));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_engine_audio_port(e, &more));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_call_accept(e, 1, &number));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_call_reject(e, 1, &number));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_call_hang_up(e, 1, &number));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_call_set_muted(e, 1, 1, &number));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_call_send_dtmf(e, 1, "1", 1, &number));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_engine_set_processing(e, 0, 0, 0));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_call_hold(e, 1, &number));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_call_resume(e, 1, &number));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_call_announce_recording(e, 1, &number));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_call_end_recording(e, 1, &number));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_call_notice_shown(e, 1, &number));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_call_get_state(e, 1, &state));
    CHECK_STATUS(LIAISON_REENTRANT, liaison_call_get_stats(e, 1, &stats));
    CHECK(number == 7 && descriptor == 7 && state == 77 && other == NULL && more == NULL);
    /* These may: they wait for nobody. */
    CHECK_STATUS(LIAISON_OK, liaison_audio_port_push(port, samples, 480, 0));
    CHECK(liaison_monotonic_us() > 0 && liaison_abi() == LIAISON_ABI);
}

static void on_wake(void *user)
{
    CHECK(user == &wakes && !atomic_load(&freed));
    atomic_fetch_add(&wakes, 1);
    call_everything();
}

static int holds(liaison_str text, const char *part)
{
    size_t at;
    for (at = 0; at + strlen(part) <= text.length; at++)
        if (memcmp(text.data + at, part, strlen(part)) == 0)
            return 1;
    return 0;
}

static void on_log(void *user, int32_t level, liaison_str line)
{
    CHECK(user == &lines && !atomic_load(&freed));
    CHECK(level >= LIAISON_LOG_LEVEL_ERROR && level <= LIAISON_LOG_LEVEL_TRACE && line.length > 0);
    CHECK(!holds(line, "eyJ"));
    atomic_fetch_add(&lines, 1);
    call_everything();
}

int main(int argc, char **argv)
{
    liaison_engine_config config;
    liaison_engine *made = NULL;
    uint64_t operation = 0;
    int seen, connecting = 0;
    CHECK(argc == 2);
    config = config_for("https://127.0.0.1:1", argv[1]);
    config.audio_mode = LIAISON_AUDIO_MODE_EXTERNAL;
    config.log_level = LIAISON_LOG_LEVEL_TRACE;
    config.log_hook = on_log;
    config.log_user = &lines;
    config.wake_hook = on_wake;
    config.wake_user = &wakes;
    CHECK_STATUS(LIAISON_OK, liaison_engine_new(LIAISON_ABI, &config, &made));
    CHECK_STATUS(LIAISON_OK, liaison_engine_audio_port(made, &port));
    atomic_store(&engine, made);
    CHECK_STATUS(LIAISON_OK, liaison_engine_sign_in(made, FAKE_TOKEN, strlen(FAKE_TOKEN), &operation));
    CHECK(operation != 0);
    while (!connecting) {
        const liaison_event *event = liaison_engine_wait_event(made, 10000000);
        CHECK(event != NULL && event->size >= sizeof *event);
        connecting = event->kind == LIAISON_EVENT_KIND_CONNECTION;
    }
    while (atomic_load(&wakes) == 0 || atomic_load(&lines) == 0)
        pause_ms(5);

    /* Coalesced: it fires again only after the app has found nothing pending. */
    pause_ms(50);
    while (liaison_engine_next_event(made) != NULL) {
    }
    seen = atomic_load(&wakes);
    CHECK_STATUS(LIAISON_OK, liaison_engine_sign_out(made, NULL));
    while (atomic_load(&wakes) == seen)
        pause_ms(5);
    pause_ms(50);
    CHECK(atomic_load(&wakes) == seen + 1);

    /* Taken away, it does not fire, whatever comes. */
    CHECK_STATUS(LIAISON_OK, liaison_engine_set_wake_hook(made, NULL, NULL));
    seen = atomic_load(&wakes);
    while (liaison_engine_next_event(made) != NULL) {
    }
    CHECK_STATUS(LIAISON_OK, liaison_engine_sign_in(made, FAKE_TOKEN, strlen(FAKE_TOKEN), NULL));
    pause_ms(50);
    CHECK(atomic_load(&wakes) == seen);
    CHECK_STATUS(LIAISON_OK, liaison_engine_set_wake_hook(made, on_wake, &wakes));

    CHECK_STATUS(LIAISON_OK, liaison_engine_free(made));
    atomic_store(&freed, 1);
    pause_ms(50);
    CHECK_STATUS(LIAISON_OK, liaison_audio_port_free(port));
    puts("ok");
    return 0;
}
