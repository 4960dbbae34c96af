/*
 * A complete chat of a kiosk: it asks one person for help in writing, thanks for the answer, and leaves nothing behind.
 *
 *   cc kiosk_chat.c $(pkg-config --cflags --libs liaison) -o kiosk_chat
 *   ./kiosk_chat ENDPOINT CA.PEM TOKEN-FILE RAW-ID
 *
 * The person answers wherever they chat: `liaison chat`, or any client of the service. The kiosk prints what happens.
 * Exit code: 0 when it was answered, 1 when it was not within a minute, 2 for wrong arguments.
 */
#include <liaison.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_US = 60 * 1000000, LOOK_US = 1000000 };

typedef struct {
    liaison_engine *engine;
    const char *whom;
    char thread[256];
    size_t thread_length;
    uint64_t thanks; /* the message that says so */
    int asked, answered, over;
    int64_t started_us;
} kiosk;

static void say(const kiosk *k, const char *what, liaison_str detail) {
    printf("%9.1f ms  %s%.*s\n", (double)(liaison_monotonic_us() - k->started_us) / 1000.0, what,
           (int)detail.length, detail.length ? detail.data : "");
    fflush(stdout);
}

static void must(int32_t status, const char *what) {
    if (status != LIAISON_OK) {
        fprintf(stderr, "kiosk: %s: %s\n", what, liaison_status_text(status).data);
        exit(1);
    }
}

/* A text file of at most 64 KiB, with a zero behind it. */
static void read_text(const char *path, char text[65536]) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        perror(path), exit(1);
    text[fread(text, 1, 65535, file)] = 0;
    fclose(file);
}

static int is(liaison_str text, const char *other) {
    return text.length == strlen(other) && memcmp(text.data, other, text.length) == 0;
}

static void write_message(kiosk *k, int32_t kind, const char *content) {
    liaison_new_chat_message message = {.size = sizeof message, .kind = kind};
    message.content = liaison_str_of(content);
    message.sender_display_name = liaison_str_of("Kiosk");
    must(liaison_chat_send_message(k->engine, k->thread, k->thread_length, &message, NULL), "send");
}

/* What a command came to: its data is there until the next event is asked for. */
static void on_result(kiosk *k, const liaison_chat_result_event *result) {
    if (result->status != LIAISON_OK) {
        say(k, "refused: ", result->text);
        k->over = 1;
    } else if (result->refused_count > 0) { /* the organisation does not allow it: the thread is there all the same */
        say(k, "refused: ", result->refused[0]->text);
        k->over = 1;
    } else if (result->threads_count > 0 && k->thread_length == 0 && result->threads[0]->id.length < sizeof k->thread) {
        k->thread_length = result->threads[0]->id.length;
        memcpy(k->thread, result->threads[0]->id.data, k->thread_length);
        say(k, "chat ", result->threads[0]->id);
        must(liaison_chat_send_typing(k->engine, k->thread, k->thread_length, "Kiosk", 5, NULL), "typing");
        write_message(k, LIAISON_CHAT_MESSAGE_KIND_HTML,
                      "<p>Somebody is at the <b>lobby door</b>: \"100 % soaked\" &amp; cold \xe2\x98\x94</p>");
    }
}

/* What happened in the chat. What was dealt with is acknowledged; else it comes again. */
static void on_chat(kiosk *k, const liaison_chat_event *event) {
    switch (event->kind) {
    case LIAISON_CHAT_EVENT_KIND_TYPING_INDICATOR_RECEIVED:
        if (is(event->by, k->whom))
            say(k, "typing: ", event->by_display_name);
        break;
    case LIAISON_CHAT_EVENT_KIND_CHAT_MESSAGE_RECEIVED:
        say(k, is(event->by, k->whom) ? "heard: " : "said: ", event->message->content);
        if (!is(event->by, k->whom)) {
            k->thanks = k->answered ? event->message->id : 0; /* the own ones are told as well, in their place */
        } else if (!k->answered) {
            k->answered = 1;
            must(liaison_chat_send_read_receipt(k->engine, k->thread, k->thread_length, event->message->id, NULL),
                 "receipt");
            must(liaison_chat_set_topic(k->engine, k->thread, k->thread_length, "Lobby door: opened", 18, NULL),
                 "topic");
            write_message(k, LIAISON_CHAT_MESSAGE_KIND_TEXT, "Thank you!");
        }
        break;
    case LIAISON_CHAT_EVENT_KIND_READ_RECEIPT_RECEIVED:
        if (!is(event->receipt->reader, k->whom))
            break;
        say(k, event->receipt->message == k->thanks ? "thanks read" : "question read", liaison_str_of(NULL));
        if (event->receipt->message == k->thanks)
            must(liaison_chat_delete_thread(k->engine, k->thread, k->thread_length, NULL), "delete");
        break;
    case LIAISON_CHAT_EVENT_KIND_CHAT_THREAD_PROPERTIES_UPDATED:
        say(k, "topic: ", event->topic);
        break;
    case LIAISON_CHAT_EVENT_KIND_CHAT_THREAD_DELETED:
        say(k, "deleted", liaison_str_of(NULL));
        k->over = 1;
        break;
    default: break; /* what a kiosk need not know */
    }
    if (event->sequence > 0)
        must(liaison_chat_acknowledge(k->engine, event->thread.data, event->thread.length, event->sequence),
             "acknowledge");
}

static void on_event(kiosk *k, const liaison_event *event) {
    const liaison_chat_missed_event *missed = &event->detail.chat_missed;
    switch (event->kind) {
    case LIAISON_EVENT_KIND_CONNECTION:
        if (event->detail.connection.state == LIAISON_CONNECTION_STATE_CONNECTED && !k->asked) {
            liaison_new_chat_participant person = {.size = sizeof person};
            liaison_new_chat_thread thread = {.size = sizeof thread};
            say(k, "signed in", liaison_str_of(NULL));
            person.raw_id = liaison_str_of(k->whom);
            thread.topic = liaison_str_of("Lobby door");
            thread.participants = &person, thread.participants_count = 1;
            k->asked = 1;
            must(liaison_chat_create_thread(k->engine, &thread, NULL), k->whom);
        }
        break;
    case LIAISON_EVENT_KIND_OPERATION:
        if (event->detail.operation.status != LIAISON_OK) { /* it was the sign-in */
            say(k, "refused: ", event->detail.operation.text);
            k->over = 1;
        }
        break;
    case LIAISON_EVENT_KIND_CHAT_RESULT: on_result(k, &event->detail.chat_result); break;
    case LIAISON_EVENT_KIND_CHAT_EVENT: on_chat(k, &event->detail.chat_event); break;
    case LIAISON_EVENT_KIND_CHAT_MISSED:
        must(liaison_chat_acknowledge(k->engine, missed->thread.data, missed->thread.length, missed->to),
             "acknowledge");
        break;
    default: break;
    }
}

int main(int argc, char **argv) {
    static char ca[65536], token[65536];
    kiosk k = {.whom = argc > 4 ? argv[4] : NULL, .started_us = liaison_monotonic_us()};
    liaison_engine_config config;
    const liaison_event *event;

    if (argc != 5)
        return fprintf(stderr, "usage: %s ENDPOINT CA.PEM TOKEN-FILE RAW-ID\n", argv[0]), 2;
    read_text(argv[2], ca);
    read_text(argv[3], token);
    liaison_engine_config_init(&config, sizeof config);
    config.endpoint = liaison_str_of(argv[1]);
    config.ca_pem = liaison_str_of(ca);
    config.display_name = liaison_str_of("Kiosk");
    must(liaison_engine_new(LIAISON_ABI, &config, &k.engine), "engine");
    must(liaison_engine_sign_in(k.engine, token, strcspn(token, "\r\n"), NULL), argv[3]);
    while (!k.over && liaison_monotonic_us() - k.started_us < PATIENCE_US) {
        if ((event = liaison_engine_wait_event(k.engine, LOOK_US)) != NULL)
            on_event(&k, event);
        must(liaison_engine_status(k.engine), "engine");
    }
    liaison_engine_free(k.engine);
    return k.answered ? 0 : 1;
}
