/* Every function from any thread, at once; freed while another thread waits. usage: threads CA.PEM */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static liaison_engine *engine;
static liaison_audio_port *port;
static atomic_int stop, events;

static void *commands(void *unused)
{
    (void)unused;
    while (!atomic_load(&stop)) {
        uint64_t call = 0, operation = 0;
        liaison_call_state state;
        int32_t status = liaison_engine_start_call(engine, "8:orgid:someone", 15, NULL, &call);
        CHECK(status == LIAISON_OK || status == LIAISON_LIMIT_REACHED || status == LIAISON_NOT_SIGNED_IN);
        if (status == LIAISON_OK) {
            status = liaison_call_get_state(engine, call, &state);
            CHECK(status == LIAISON_OK || status == LIAISON_NOT_FOUND);
            status = liaison_call_hang_up(engine, call, &operation);
            CHECK(status == LIAISON_OK || status == LIAISON_NOT_FOUND || status == LIAISON_INVALID_STATE
                  || status == LIAISON_LIMIT_REACHED);
        }
        CHECK_STATUS(LIAISON_OK, liaison_engine_network_changed(engine));
        CHECK_STATUS(LIAISON_OK, liaison_engine_set_wake_hook(engine, NULL, NULL));
    }
    return NULL;
}

static void *consume(void *unused)
{
    (void)unused;
    while (!atomic_load(&stop)) {
        /* Two of these run: one gets an event or waits, the other is told so by NULL. */
        const liaison_event *event = liaison_engine_next_event(engine);
        int32_t status = liaison_engine_status(engine);
        CHECK(status == LIAISON_OK || status == LIAISON_BUSY);
        if (event != NULL)
            atomic_fetch_add(&events, 1);
    }
    return NULL;
}

static void *audio(void *unused)
{
    float samples[480] = {0};
    (void)unused;
    while (!atomic_load(&stop)) {
        int32_t pushed = liaison_audio_port_push(port, samples, 480, liaison_monotonic_us());
        int32_t pulled = liaison_audio_port_pull(port, samples, 480, liaison_monotonic_us());
        CHECK(pushed == LIAISON_OK || pushed == LIAISON_BUSY);
        CHECK(pulled == LIAISON_OK || pulled == LIAISON_BUSY);
    }
    return NULL;
}

static void *wait_long(void *unused)
{
    (void)unused;
    CHECK(liaison_engine_wait_event(engine, INT64_MAX) == NULL);
    return NULL;
}

int main(int argc, char **argv)
{
    void *(*const roles[])(void *) = {commands, commands, consume, consume, audio, audio};
    enum { COUNT = sizeof roles / sizeof *roles };
    pthread_t threads[COUNT], waiter;
    struct timespec half_second = {0, 500000000}, moment = {0, 50000000};
    int64_t before;
    int i;
    liaison_engine_config config;
    CHECK(argc == 2);
    config = config_for("https://127.0.0.1:1", argv[1]);
    config.audio_mode = LIAISON_AUDIO_MODE_EXTERNAL;
    CHECK_STATUS(LIAISON_OK, liaison_engine_new(LIAISON_ABI, &config, &engine));
    CHECK_STATUS(LIAISON_OK, liaison_engine_audio_port(engine, &port));
    CHECK_STATUS(LIAISON_OK, liaison_engine_sign_in(engine, FAKE_TOKEN, strlen(FAKE_TOKEN), NULL));
    for (i = 0; i < COUNT; i++)
        CHECK(pthread_create(&threads[i], NULL, roles[i], NULL) == 0);
    nanosleep(&half_second, NULL);
    atomic_store(&stop, 1);
    for (i = 0; i < COUNT; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(atomic_load(&events) > 0);

    /* Freed while another thread waits: it comes back at once, with NULL. */
    while ((i = liaison_engine_sign_out(engine, NULL)) == LIAISON_LIMIT_REACHED)
        liaison_engine_wait_event(engine, 10000); /* operations whose events nobody has read yet are in the way */
    CHECK_STATUS(LIAISON_OK, i);
    while (liaison_engine_wait_event(engine, 300000) != NULL) {
    }
    CHECK(pthread_create(&waiter, NULL, wait_long, NULL) == 0);
    nanosleep(&moment, NULL);
    before = liaison_monotonic_us();
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(engine));
    CHECK(pthread_join(waiter, NULL) == 0);
    CHECK(liaison_monotonic_us() - before < 10000000);
    CHECK_STATUS(LIAISON_OK, liaison_audio_port_free(port));
    puts("ok");
    return 0;
}
