/* Real calls between two engines of one process: a kiosk and a member of staff, each with an app-owned device.
 * usage: call ENDPOINT CA.PEM KIOSK-TOKEN-FILE KIOSK-RAW-ID STAFF-TOKEN-FILE STAFF-RAW-ID REFUSING-RAW-ID */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <math.h>
#include <poll.h>
#include <time.h>

enum { FRAME = 480, TICK_US = 10000 };

typedef struct {
    const char *name;
    liaison_engine *engine;
    liaison_audio_port *port;
    uint64_t call;
    liaison_call_state state;
    uint32_t code, sub_code;
    int online, remote_muted, recording, notices, media, statistics, speaking, levels, loudest;
    char keys[16];
    uint64_t operation; /* the last one that has ended, and how */
    int32_t outcome;
    char caller[600], recorder[600];
    double hz, phase, heard; /* what it says, and the mean square of what it hears */
} end;

static void copy(char *to, size_t room, liaison_str text)
{
    CHECK(text.length < room);
    memcpy(to, text.data, text.length);
    to[text.length] = 0;
}

static void on_event(end *e, const liaison_event *event)
{
    CHECK(event->size == sizeof *event);
    switch (event->kind) {
    case LIAISON_EVENT_KIND_CONNECTION:
        e->online = event->detail.connection.state == LIAISON_CONNECTION_STATE_CONNECTED;
        break;
    case LIAISON_EVENT_KIND_OPERATION:
        e->operation = event->operation;
        e->outcome = event->detail.operation.status;
        CHECK((e->outcome == LIAISON_OK) == (event->detail.operation.text.length == 0));
        break;
    case LIAISON_EVENT_KIND_INCOMING_CALL:
        e->call = event->call;
        copy(e->caller, sizeof e->caller, event->detail.incoming_call.caller);
        /* Staff see an app's user as external. */
        CHECK(same(event->detail.incoming_call.display_name, "Kiosk 7 (Unverified)"));
        break;
    case LIAISON_EVENT_KIND_CALL_STATE:
        if (event->call != e->call)
            break;
        e->state = event->detail.call_state.state;
        e->code = event->detail.call_state.code;
        e->sub_code = event->detail.call_state.sub_code;
        printf("%s: state %d, %u/%u %.*s\n", e->name, (int)e->state, (unsigned)e->code, (unsigned)e->sub_code,
               (int)event->detail.call_state.text.length, event->detail.call_state.text.data);
        CHECK(e->state != LIAISON_CALL_STATE_DISCONNECTED || event->detail.call_state.text.length > 0);
        break;
    case LIAISON_EVENT_KIND_REMOTE_MUTED:
        e->remote_muted = event->detail.remote_muted.muted;
        break;
    case LIAISON_EVENT_KIND_NOTICE_REQUIRED:
        e->notices++;
        copy(e->recorder, sizeof e->recorder, event->detail.notice_required.by);
        break;
    case LIAISON_EVENT_KIND_RECORDING:
        e->recording = event->detail.recording.state;
        break;
    case LIAISON_EVENT_KIND_MEDIA:
        e->media = event->detail.media.state;
        break;
    case LIAISON_EVENT_KIND_STATISTICS:
        e->statistics++;
        CHECK(event->detail.statistics.size == sizeof(liaison_call_stats));
        break;
    case LIAISON_EVENT_KIND_DTMF:
        CHECK(strlen(e->keys) + 1 < sizeof e->keys);
        e->keys[strlen(e->keys)] = (char)event->detail.dtmf.tone;
        break;
    case LIAISON_EVENT_KIND_SPEAKING_CHANGED:
        e->speaking = event->detail.speaking_changed.speaking;
        break;
    case LIAISON_EVENT_KIND_DOMINANT_SPEAKER_CHANGED:
        CHECK(event->call == e->call);
        break;
    case LIAISON_EVENT_KIND_AUDIO_LEVELS:
        e->levels++;
        e->loudest = event->detail.audio_levels.received_level_dbov;
        CHECK(e->loudest >= 0 && e->loudest <= 127);
        break;
    case LIAISON_EVENT_KIND_TOKEN_EXPIRING:
    case LIAISON_EVENT_KIND_DEVICE:
    case LIAISON_EVENT_KIND_AUDIO_DEVICE:
    case LIAISON_EVENT_KIND_AUDIO_ROUTE:
    case LIAISON_EVENT_KIND_AUDIO_SESSION:
    case LIAISON_EVENT_KIND_OVERFLOW:
        break;
    case LIAISON_EVENT_KIND_POISONED:
        CHECK(!"poisoned");
        break;
    }
}

/* 10 ms of both ends' life: events, a tone out, what is heard in. */
static void tick(end *ends[2], int64_t at_us)
{
    struct timespec until = {at_us / 1000000, at_us % 1000000 * 1000};
    int which, i;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    for (which = 0; which < 2; which++) {
        end *e = ends[which];
        float samples[FRAME];
        double sum = 0;
        const liaison_event *event;
        while ((event = liaison_engine_next_event(e->engine)) != NULL)
            on_event(e, event);
        CHECK_STATUS(LIAISON_OK, liaison_engine_status(e->engine));
        for (i = 0; i < FRAME; i++, e->phase += 2 * 3.14159265358979 * e->hz / 48000)
            samples[i] = 0.3f * (float)sin(e->phase);
        CHECK_STATUS(LIAISON_OK, liaison_audio_port_push(e->port, samples, FRAME, at_us - TICK_US));
        CHECK_STATUS(LIAISON_OK, liaison_audio_port_pull(e->port, samples, FRAME, at_us));
        for (i = 0; i < FRAME; i++)
            sum += (double)samples[i] * samples[i];
        e->heard = 0.9 * e->heard + 0.1 * sum / FRAME;
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

#define FOR_MS(ms) \
    do { \
        int ticks; \
        for (ticks = 0; ticks < (ms) / 10; ticks++) \
            tick(ends, now_us += TICK_US); \
    } while (0)

static void open_end(end *e, const char *name, double hz, const char *endpoint, const char *ca, const char *token_file)
{
    liaison_engine_config config = config_for(endpoint, ca);
    liaison_str token = file_text(token_file);
    memset(e, 0, sizeof *e);
    e->name = name;
    e->hz = hz;
    config.audio_mode = LIAISON_AUDIO_MODE_EXTERNAL;
    config.audio_max_bitrate_bps = 24000;
    config.media_bind = liaison_str_of("127.0.0.1:0");
    config.display_name = liaison_str_of(name);
    config.level_events_us = 100000;
    CHECK_STATUS(LIAISON_OK, liaison_engine_new(LIAISON_ABI, &config, &e->engine));
    CHECK_STATUS(LIAISON_OK, liaison_engine_audio_port(e->engine, &e->port));
    CHECK_STATUS(LIAISON_OK, liaison_engine_sign_in(e->engine, token.data, token.length, NULL));
}

static void start(end *e, const char *raw_id)
{
    liaison_call_options options;
    CHECK_STATUS(LIAISON_OK, liaison_call_options_init(&options, sizeof options));
    e->state = LIAISON_CALL_STATE_NONE;
    CHECK_STATUS(LIAISON_OK, liaison_engine_start_call(e->engine, raw_id, strlen(raw_id), &options, &e->call));
    CHECK(e->call != 0);
}

int main(int argc, char **argv)
{
    end kiosk, staff, *ends[2] = {&kiosk, &staff};
    int64_t now_us = liaison_monotonic_us();
    uint64_t operation = 0, first;
    liaison_call_stats stats = {0};
    liaison_call_state state;
    liaison_audio_port_stats audio = {0};
    struct pollfd readable;
    CHECK(argc == 8);
    open_end(&kiosk, "Kiosk 7", 440, argv[1], argv[2], argv[3]);
    open_end(&staff, "Ada", 1000, argv[1], argv[2], argv[5]);
    UNTIL(kiosk.online && staff.online);

    /* Called, answered, heard: both ways. */
    start(&kiosk, argv[6]);
    UNTIL(staff.call != 0);
    CHECK(strcmp(staff.caller, argv[4]) == 0);
    UNTIL(kiosk.state == LIAISON_CALL_STATE_RINGING);
    CHECK_STATUS(LIAISON_OK, liaison_call_get_state(staff.engine, staff.call, &state));
    CHECK(state == LIAISON_CALL_STATE_RINGING);
    CHECK_STATUS(LIAISON_NOT_FOUND, liaison_call_accept(kiosk.engine, kiosk.call, NULL)); /* it is no incoming call */
    CHECK_STATUS(LIAISON_OK, liaison_call_accept(staff.engine, staff.call, &operation));
    UNTIL(staff.operation == operation);
    CHECK_STATUS(LIAISON_OK, staff.outcome);
    UNTIL(kiosk.state == LIAISON_CALL_STATE_CONNECTED && staff.state == LIAISON_CALL_STATE_CONNECTED);
    UNTIL(kiosk.heard > 0.02 && staff.heard > 0.02); /* a sine of 0.3 is 0.045 */
    CHECK(kiosk.media == LIAISON_MEDIA_STATE_CONNECTED && staff.media == LIAISON_MEDIA_STATE_CONNECTED);

    /* Muted: the other side is told, and hears nothing. */
    CHECK_STATUS(LIAISON_OK, liaison_call_set_muted(kiosk.engine, kiosk.call, 1, &operation));
    UNTIL(staff.remote_muted && staff.heard < 1e-5 && kiosk.operation == operation);
    CHECK(kiosk.heard > 0.02);
    CHECK_STATUS(LIAISON_OK, liaison_call_set_muted(kiosk.engine, kiosk.call, 0, NULL));
    UNTIL(!staff.remote_muted && staff.heard > 0.02);

    /* Loud, and told so: a sine of 0.3 is 13 dB under full scale. */
    CHECK(kiosk.levels > 0);
    UNTIL(staff.loudest > 9 && staff.loudest < 18);
    CHECK(staff.speaking == 0 || staff.speaking == 1);

    /* Keys are pressed, and come once each. */
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_send_dtmf(kiosk.engine, kiosk.call, "12x", 3, NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_call_send_dtmf(kiosk.engine, kiosk.call, NULL, 0, NULL));
    CHECK_STATUS(LIAISON_OK, liaison_call_send_dtmf(kiosk.engine, kiosk.call, "11#a", 4, &operation));
    UNTIL(kiosk.operation == operation);
    CHECK_STATUS(LIAISON_OK, kiosk.outcome);
    UNTIL(strcmp(staff.keys, "11#A") == 0);

    /* Processing is switched on while they talk; both devices tell their times, so echo is cancelled. */
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_set_processing(kiosk.engine, 1, 1, 3));
    CHECK_STATUS(LIAISON_OK,
                 liaison_engine_set_processing(kiosk.engine, LIAISON_PROCESSING_MODE_ON, LIAISON_PROCESSING_MODE_OFF,
                                               LIAISON_PROCESSING_MODE_OFF));
    stats.size = sizeof stats;
    UNTIL(liaison_call_get_stats(kiosk.engine, kiosk.call, &stats) == LIAISON_OK && stats.echo_cancelled);
    CHECK(stats.device_delay_us >= 0 && stats.wake_lateness_p999_us >= stats.wake_lateness_p50_us);
    CHECK_STATUS(LIAISON_OK, liaison_engine_set_processing(kiosk.engine, 0, 0, 0));
    UNTIL(liaison_call_get_stats(kiosk.engine, kiosk.call, &stats) == LIAISON_OK && !stats.echo_cancelled);
    CHECK(stats.device_delay_us == -1);

    /* Held and taken up again. */
    CHECK_STATUS(LIAISON_OK, liaison_call_hold(staff.engine, staff.call, NULL));
    UNTIL(kiosk.state == LIAISON_CALL_STATE_REMOTE_HOLD && staff.state == LIAISON_CALL_STATE_LOCAL_HOLD);
    UNTIL(kiosk.heard < 1e-5 && staff.heard < 1e-5);
    CHECK_STATUS(LIAISON_OK, liaison_call_resume(staff.engine, staff.call, NULL));
    UNTIL(kiosk.state == LIAISON_CALL_STATE_CONNECTED && staff.state == LIAISON_CALL_STATE_CONNECTED);
    UNTIL(kiosk.heard > 0.02 && staff.heard > 0.02);

    /* Recorded: not before the other side has shown its notice. */
    CHECK_STATUS(LIAISON_OK, liaison_call_announce_recording(kiosk.engine, kiosk.call, &operation));
    UNTIL(staff.notices == 1);
    CHECK(strcmp(staff.recorder, argv[4]) == 0);
    FOR_MS(300);
    CHECK(kiosk.operation != operation && kiosk.recording != LIAISON_RECORDING_STATE_ACTIVE);
    CHECK_STATUS(LIAISON_OK, liaison_call_notice_shown(staff.engine, staff.call, NULL));
    UNTIL(kiosk.operation == operation);
    CHECK_STATUS(LIAISON_OK, kiosk.outcome);
    UNTIL(kiosk.recording == LIAISON_RECORDING_STATE_ACTIVE && staff.recording == LIAISON_RECORDING_STATE_ACTIVE);
    CHECK_STATUS(LIAISON_OK, liaison_call_end_recording(kiosk.engine, kiosk.call, NULL));
    UNTIL(kiosk.recording == LIAISON_RECORDING_STATE_ENDED && staff.recording == LIAISON_RECORDING_STATE_ENDED);

    UNTIL(kiosk.statistics > 0 && staff.statistics > 0);
    stats.size = sizeof stats;
    CHECK_STATUS(LIAISON_OK, liaison_call_get_stats(kiosk.engine, kiosk.call, &stats));
    CHECK(stats.setup_us > 0 && stats.first_audio_us > 0 && stats.packets_sent > 50 && stats.packets_received > 50);
    CHECK(stats.first_captured_us > 0 && stats.first_played_us > 0 && stats.first_played_us <= now_us + 1000000);
    CHECK(stats.total_samples_received > 48000 / 2);
    /* What is sent is fitted to a path that was measured: open_end() asked for at most 24 kb/s, and headers add to it. */
    CHECK(stats.available_outgoing_bitrate_bps > 20000 && stats.available_outgoing_bitrate_bps <= 24000 + 33600);
    CHECK(stats.target_bitrate_bps >= 6000 && stats.target_bitrate_bps <= 24000);
    CHECK(stats.packet_time_us >= 10000 && stats.packet_time_us <= 60000);
    CHECK(stats.fec_samples + stats.red_samples + stats.dred_samples <= stats.total_samples_received);
    printf("setup %.1f ms, first audio %.1f ms, %llu packets sent\n", (double)stats.setup_us / 1e3,
           (double)stats.first_audio_us / 1e3, (unsigned long long)stats.packets_sent);

    /* Hung up: both hear of it, the descriptor wakes, the number stays good for the last figures. */
    readable.events = POLLIN;
    CHECK_STATUS(LIAISON_OK, liaison_engine_wake_fd(staff.engine, &readable.fd));
    CHECK_STATUS(LIAISON_OK, liaison_call_hang_up(kiosk.engine, kiosk.call, NULL));
    CHECK(poll(&readable, 1, 5000) == 1 && readable.revents == POLLIN);
    UNTIL(kiosk.state == LIAISON_CALL_STATE_DISCONNECTED && staff.state == LIAISON_CALL_STATE_DISCONNECTED);
    CHECK(kiosk.code == 0 && staff.code == 0);
    CHECK_STATUS(LIAISON_OK, liaison_call_get_stats(kiosk.engine, kiosk.call, &stats));
    CHECK_STATUS(LIAISON_OK, liaison_call_get_state(kiosk.engine, kiosk.call, &state));
    CHECK(state == LIAISON_CALL_STATE_DISCONNECTED);
    CHECK_STATUS(LIAISON_INVALID_STATE, liaison_call_hang_up(kiosk.engine, kiosk.call, NULL));
    first = kiosk.call;

    /* Rejected. */
    staff.call = 0;
    start(&kiosk, argv[6]);
    CHECK(kiosk.call != first);
    UNTIL(staff.call != 0);
    CHECK_STATUS(LIAISON_OK, liaison_call_reject(staff.engine, staff.call, NULL));
    UNTIL(kiosk.state == LIAISON_CALL_STATE_DISCONNECTED);
    CHECK(kiosk.code == 603);

    /* Refused by the federation; and somebody who is not there, which looks the same. */
    start(&kiosk, argv[7]);
    UNTIL(kiosk.state == LIAISON_CALL_STATE_DISCONNECTED);
    CHECK(kiosk.code == 403 && kiosk.sub_code == 5223);
    start(&kiosk, "8:orgid:00000000-0000-4000-8000-000000000000");
    UNTIL(kiosk.state == LIAISON_CALL_STATE_DISCONNECTED);
    CHECK(kiosk.code == 403 && kiosk.sub_code == 5223);

    audio.size = sizeof audio;
    CHECK_STATUS(LIAISON_OK, liaison_audio_port_get_stats(kiosk.port, &audio));
    CHECK(audio.busy == 0);
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(staff.engine));
    CHECK_STATUS(LIAISON_OK, liaison_audio_port_free(staff.port));
    CHECK_STATUS(LIAISON_OK, liaison_audio_port_free(kiosk.port));
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(kiosk.engine));
    puts("ok");
    return 0;
}
