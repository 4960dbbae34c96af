/*
 * A complete kiosk: it calls one person, speaks a WAV file, keeps what it hears, and prints its timeline.
 *
 *   cc kiosk.c $(pkg-config --cflags --libs liaison) -o kiosk
 *   ./kiosk ENDPOINT CA.PEM TOKEN-FILE RAW-ID IN.WAV OUT.WAV [--media-bind IP:PORT] [--media-advertise IP:PORT]
 *
 * The kiosk owns its audio device (LIAISON_AUDIO_MODE_EXTERNAL): every 10 ms it pushes what "the microphone"
 * captured and pulls what "the speaker" plays. Here WAV files stand in for both (48 kHz, mono, 16 bits, read and
 * written as a little-endian machine keeps them); in yours the sound card's callback does it.
 * Exit code: 0 when the call was answered, 1 when it was not, 2 for wrong arguments.
 */
#define _POSIX_C_SOURCE 200809L /* for clock_nanosleep */
#include <liaison.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TICK_US = 10000, FRAME = 480, TAIL = 48000 }; /* 10 ms at 48 kHz; it hangs up 1 s after its last word */
enum { RIFF = 0x46464952, WAVE = 0x45564157, FMT = 0x20746d66, DATA = 0x61746164, MONO_PCM = 0x00010001 };

typedef struct {
    liaison_engine *engine;
    const char *callee;
    uint64_t call, announcement; /* the call; the operation that asks everyone's leave to record */
    int answered, speaking, recording, over;
    uint32_t code, sub_code; /* why the call ended */
    int64_t started_us;
} kiosk;

static void say(const kiosk *k, const char *what, liaison_str detail) {
    printf("%9.1f ms  %s%.*s\n", (double)(liaison_monotonic_us() - k->started_us) / 1000.0, what,
           (int)detail.length, detail.length ? detail.data : "");
    fflush(stdout);
}

static void give_up(const char *what, const char *why) {
    fprintf(stderr, "kiosk: %s: %s\n", what, why);
    exit(1);
}

static void must(int32_t status, const char *what) {
    if (status != LIAISON_OK)
        give_up(what, liaison_status_text(status).data);
}

static FILE *open_file(const char *path, const char *mode) {
    FILE *file = fopen(path, mode);
    if (file == NULL)
        give_up(path, strerror(errno));
    return file;
}

/* A text file of at most 64 KiB, with a zero behind it. */
static void read_text(const char *path, char text[65536]) {
    FILE *file = open_file(path, "rb");
    text[fread(text, 1, 65535, file)] = 0;
    fclose(file);
}

/* The samples of a WAV file and a second of silence. The file is chunks, each with four letters and its length. */
static int16_t *read_wav(const char *path, size_t *count) {
    uint32_t chunk[2], format[4] = {0}; /* coding and channels, rate, bytes a second, bytes and bits a sample */
    FILE *file = open_file(path, "rb");
    for (fseek(file, 12, SEEK_SET); fread(chunk, 4, 2, file) == 2; fseek(file, (long)chunk[1], SEEK_CUR)) {
        chunk[1] += chunk[1] & 1;
        if (chunk[0] == FMT && fread(format, 4, 4, file) == 4)
            chunk[1] -= 16;
        if (chunk[0] == DATA && format[0] == MONO_PCM && format[1] == 48000 && format[3] == 0x00100002) {
            int16_t *samples = calloc(chunk[1] / 2 + TAIL + FRAME, 2);
            *count = samples ? fread(samples, 2, chunk[1] / 2, file) + TAIL : 0;
            fclose(file);
            return samples;
        }
    }
    give_up(path, "not a WAV file of 48 kHz, mono, 16 bits: convert it first");
    return NULL;
}

/* The 44 bytes before the samples; written again at the end, when their number is known. */
static void write_wav_header(FILE *file, uint32_t samples) {
    const uint32_t header[11] = {RIFF, 36 + 2 * samples, WAVE, FMT, 16, MONO_PCM, 48000, 96000,
                                 0x00100002, DATA, 2 * samples};
    rewind(file);
    fwrite(header, 4, 11, file);
}

static void on_event(kiosk *k, const liaison_event *event) {
    static const char *const states[] = {"none", "connecting", "ringing", "early media", "connected", "held here",
                                         "held there", "in the lobby", "disconnecting", "disconnected"};
    const liaison_operation_event *operation = &event->detail.operation;
    const liaison_call_state_event *now = &event->detail.call_state;
    switch (event->kind) {
    case LIAISON_EVENT_KIND_CONNECTION:
        if (event->detail.connection.state == LIAISON_CONNECTION_STATE_CONNECTED && !k->call) {
            say(k, "signed in", liaison_str_of(NULL));
            must(liaison_engine_start_call(k->engine, k->callee, strlen(k->callee), NULL, &k->call), k->callee);
        }
        break;
    case LIAISON_EVENT_KIND_OPERATION:
        if (event->operation == k->announcement) { /* everyone has shown the notice, or not everyone has */
            k->recording = operation->status == LIAISON_OK;
            k->speaking = 1;
            say(k, k->recording ? "recording" : "not recording: ", operation->text);
        } else if (operation->status != LIAISON_OK) {
            say(k, "refused: ", operation->text);
            k->over |= !k->call; /* it was the sign-in */
        }
        break;
    case LIAISON_EVENT_KIND_CALL_STATE:
        say(k, "call ", liaison_str_of(now->state <= LIAISON_CALL_STATE_DISCONNECTED ? states[now->state] : "?"));
        if (now->state == LIAISON_CALL_STATE_CONNECTED && !k->answered) {
            k->answered = 1;
            must(liaison_call_announce_recording(k->engine, k->call, &k->announcement), "announce recording");
        } else if (now->state == LIAISON_CALL_STATE_DISCONNECTED) {
            say(k, "because: ", now->text);
            k->code = now->code, k->sub_code = now->sub_code, k->over = 1;
        }
        break;
    case LIAISON_EVENT_KIND_NOTICE_REQUIRED: /* a kiosk with a screen shows it there */
        say(k, "NOTICE: this call will be recorded by ", event->detail.notice_required.by);
        liaison_call_notice_shown(k->engine, event->call, NULL);
        break;
    default: break; /* what a kiosk need not know */
    }
}

int main(int argc, char **argv) {
    static char ca[65536], token[65536];
    kiosk k = {.callee = argc > 4 ? argv[4] : NULL, .started_us = liaison_monotonic_us()};
    liaison_engine_config config;
    liaison_audio_port *port = NULL;
    liaison_call_stats stats = {0};
    const liaison_event *event;
    int64_t tick_us, capture_t0_us = -1, playout_t0_us = -1;
    size_t voice_count, spoken = 0, heard = 0;

    if (argc < 7 || argc % 2 == 0)
        return fprintf(stderr, "usage: %s ENDPOINT CA.PEM TOKEN-FILE RAW-ID IN.WAV OUT.WAV [--media-bind IP:PORT]"
                               " [--media-advertise IP:PORT]\n", argv[0]), 2;
    read_text(argv[2], ca);
    read_text(argv[3], token);
    int16_t *voice = read_wav(argv[5], &voice_count), frame[FRAME];
    FILE *out = open_file(argv[6], "wb");
    write_wav_header(out, 0);
    liaison_engine_config_init(&config, sizeof config);
    config.endpoint = liaison_str_of(argv[1]);
    config.ca_pem = liaison_str_of(ca);
    config.display_name = liaison_str_of("Kiosk");
    config.audio_mode = LIAISON_AUDIO_MODE_EXTERNAL;
    for (int option = 7; option < argc; option += 2)
        *(strcmp(argv[option], "--media-bind") ? &config.media_advertise : &config.media_bind)
            = liaison_str_of(argv[option + 1]);
    must(liaison_engine_new(LIAISON_ABI, &config, &k.engine), "engine");
    must(liaison_engine_audio_port(k.engine, &port), "audio port");
    must(liaison_engine_sign_in(k.engine, token, strcspn(token, "\r\n"), NULL), argv[3]);

    for (tick_us = liaison_monotonic_us(); !k.over; tick_us += TICK_US) {
        struct timespec until = {tick_us / 1000000, tick_us % 1000000 * 1000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        while ((event = liaison_engine_next_event(k.engine)) != NULL)
            on_event(&k, event);
        must(liaison_engine_status(k.engine), "engine");
        if (!k.answered || k.over)
            continue;
        memset(frame, 0, sizeof frame); /* silence, until everyone knows whether this is recorded */
        if (k.speaking && spoken < voice_count) {
            capture_t0_us = spoken ? capture_t0_us : tick_us - TICK_US;
            memcpy(frame, voice + spoken, sizeof frame);
            if ((spoken += FRAME) >= voice_count)
                must(liaison_call_hang_up(k.engine, k.call, NULL), "hang up");
        }
        liaison_audio_port_push_s16(port, frame, FRAME, tick_us - TICK_US); /* captured in the tick that ends now */
        liaison_audio_port_pull_s16(port, frame, FRAME, tick_us);           /* played in the tick that begins now */
        if (k.recording) {
            playout_t0_us = heard ? playout_t0_us : tick_us;
            heard += fwrite(frame, sizeof *frame, FRAME, out);
        }
    }

    stats.size = sizeof stats;
    if (k.call)
        liaison_call_get_stats(k.engine, k.call, &stats);
    liaison_audio_port_free(port);
    liaison_engine_free(k.engine);
    write_wav_header(out, (uint32_t)heard);
    fclose(out);
    free(voice);
    printf("{\"answered\":%s,\"code\":%" PRIu32 ",\"sub_code\":%" PRIu32 ",\"setup_ms\":%.3f,\"first_audio_ms\":%.3f,"
           "\"capture_t0_us\":%" PRId64 ",\"playout_t0_us\":%" PRId64 ",\"packets_sent\":%" PRIu64
           ",\"packets_received\":%" PRIu64 ",\"packets_lost\":%" PRId64 ",\"concealed_samples\":%" PRIu64
           ",\"total_samples\":%" PRIu64 ",\"rtt_ms\":%.3f}\n", k.answered ? "true" : "false", k.code, k.sub_code,
           (double)stats.setup_us / 1e3, (double)stats.first_audio_us / 1e3, capture_t0_us, playout_t0_us,
           stats.packets_sent, stats.packets_received, stats.packets_lost, stats.concealed_samples,
           stats.total_samples_received, (double)stats.round_trip_us / 1e3); /* times below 0: unknown */
    return k.answered ? 0 : 1;
}
