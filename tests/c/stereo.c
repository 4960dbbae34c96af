/* A call in two channels, between two engines of one process, each with an app-owned device: what is said on the left is
 * heard on the left. One side sends packets of 5 ms.
 * usage: stereo ENDPOINT CA.PEM KIOSK-TOKEN-FILE STAFF-TOKEN-FILE STAFF-RAW-ID */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <math.h>
#include <time.h>

enum { FRAME = 480, TICK_US = 10000 };

typedef struct {
    liaison_engine *engine;
    liaison_audio_port *port;
    uint64_t call;
    liaison_call_state state;
    int online, side;   /* which channel it speaks in */
    double phase, heard[2]; /* and the mean squares of what it hears in each */
} end;

static void tick(end *ends[2], int64_t at_us)
{
    struct timespec until = {at_us / 1000000, at_us % 1000000 * 1000};
    int which, i;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    for (which = 0; which < 2; which++) {
        end *e = ends[which];
        int16_t said[2 * FRAME] = {0};
        float samples[2 * FRAME];
        double sums[2] = {0, 0};
        const liaison_event *event;
        while ((event = liaison_engine_next_event(e->engine)) != NULL) {
            if (event->kind == LIAISON_EVENT_KIND_CONNECTION)
                e->online = event->detail.connection.state == LIAISON_CONNECTION_STATE_CONNECTED;
            else if (event->kind == LIAISON_EVENT_KIND_INCOMING_CALL)
                e->call = event->call;
            else if (event->kind == LIAISON_EVENT_KIND_CALL_STATE && event->call == e->call)
                e->state = event->detail.call_state.state;
        }
        for (i = 0; i < FRAME; i++, e->phase += 2 * 3.14159265358979 * 500 / 48000)
            said[2 * i + e->side] = (int16_t)(9830 * sin(e->phase));
        /* Counts are of samples of each channel. */
        CHECK_STATUS(LIAISON_OK, liaison_audio_port_push_s16(e->port, said, FRAME, 0));
        CHECK_STATUS(LIAISON_OK, liaison_audio_port_pull(e->port, samples, FRAME, 0));
        for (i = 0; i < 2 * FRAME; i++)
            sums[i % 2] += (double)samples[i] * samples[i];
        for (i = 0; i < 2; i++)
            e->heard[i] = 0.9 * e->heard[i] + 0.1 * sums[i] / FRAME;
    }
}

/* Lives until the condition holds; at most 15 s. */
#define UNTIL(condition) \
    do { \
        int ticks = 1500; \
        while (!(condition) && ticks-- > 0) \
            tick(ends, now_us += TICK_US); \
        CHECK(condition); \
    } while (0)

static void open_end(end *e, int side, int packet_time_us, const char *endpoint, const char *ca, const char *token_file)
{
    liaison_engine_config config = config_for(endpoint, ca);
    liaison_str token = file_text(token_file);
    memset(e, 0, sizeof *e);
    e->side = side;
    config.audio_mode = LIAISON_AUDIO_MODE_EXTERNAL;
    config.media_bind = liaison_str_of("127.0.0.1:0");
    config.audio_music = 1;
    config.audio_max_bitrate_bps = 96000;
    config.audio_channels = 2;
    config.flags = LIAISON_ENGINE_AUDIO_LEVEL_IN_PACKETS;
    config.audio_packet_time_us = packet_time_us;
    CHECK_STATUS(LIAISON_OK, liaison_engine_new(LIAISON_ABI, &config, &e->engine));
    CHECK_STATUS(LIAISON_OK, liaison_engine_audio_port(e->engine, &e->port));
    CHECK_STATUS(LIAISON_OK, liaison_engine_sign_in(e->engine, token.data, token.length, NULL));
}

int main(int argc, char **argv)
{
    end kiosk, staff, *ends[2] = {&kiosk, &staff};
    int64_t now_us = liaison_monotonic_us();
    liaison_call_stats stats = {0};
    CHECK(argc == 6);
    open_end(&kiosk, 0, 5000, argv[1], argv[2], argv[3]);
    open_end(&staff, 1, 0, argv[1], argv[2], argv[4]);
    UNTIL(kiosk.online && staff.online);
    CHECK_STATUS(LIAISON_OK, liaison_engine_start_call(kiosk.engine, argv[5], strlen(argv[5]), NULL, &kiosk.call));
    UNTIL(staff.call != 0);
    CHECK_STATUS(LIAISON_OK, liaison_call_accept(staff.engine, staff.call, NULL));
    UNTIL(kiosk.state == LIAISON_CALL_STATE_CONNECTED && staff.state == LIAISON_CALL_STATE_CONNECTED);

    /* A sine of 0.3 is 0.045; the other side of it is at least 25 dB under that. */
    UNTIL(staff.heard[0] > 0.03 && staff.heard[1] < staff.heard[0] / 300);
    UNTIL(kiosk.heard[1] > 0.03 && kiosk.heard[0] < kiosk.heard[1] / 300);

    stats.size = sizeof stats;
    UNTIL(liaison_call_get_stats(kiosk.engine, kiosk.call, &stats) == LIAISON_OK && stats.packet_time_us == 5000);
    UNTIL(liaison_call_get_stats(staff.engine, staff.call, &stats) == LIAISON_OK && stats.packet_time_us >= 10000);

    CHECK_STATUS(LIAISON_OK, liaison_call_hang_up(kiosk.engine, kiosk.call, NULL));
    UNTIL(kiosk.state == LIAISON_CALL_STATE_DISCONNECTED && staff.state == LIAISON_CALL_STATE_DISCONNECTED);
    CHECK_STATUS(LIAISON_OK, liaison_audio_port_free(staff.port));
    CHECK_STATUS(LIAISON_OK, liaison_audio_port_free(kiosk.port));
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(staff.engine));
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(kiosk.engine));
    puts("ok");
    return 0;
}
