/* What happens in a chat reaches everyone in it, in order.
 * usage: chat_events ENDPOINT CA.PEM USER-TOKEN-FILE USER-RAW-ID STAFF-TOKEN-FILE STAFF-RAW-ID */
#include "check.h"

#define THREAD thread, strlen(thread)

static char thread[256];

/* Somebody who listens, and how far. */
typedef struct {
    const char *name;
    liaison_engine *engine;
    uint64_t last;
} end;

/* The next event with this kind. Those of the thread have to come one after another. */
static const liaison_event *next(end *e, int32_t kind)
{
    const liaison_event *event;
    while ((event = liaison_engine_wait_event(e->engine, 40 * 1000000)) != NULL) {
        CHECK(event->kind != LIAISON_EVENT_KIND_POISONED);
        if (event->kind == LIAISON_EVENT_KIND_CHAT_RESULT)
            CHECK(event->detail.chat_result.status == LIAISON_OK);
        if (event->kind == LIAISON_EVENT_KIND_CHAT_EVENT && event->detail.chat_event.sequence > 0) {
            CHECK(e->last == 0 || event->detail.chat_event.sequence == e->last + 1);
            e->last = event->detail.chat_event.sequence;
        }
        if (event->kind == LIAISON_EVENT_KIND_CHAT_MISSED)
            e->last = event->detail.chat_missed.to;
        if ((int32_t)event->kind == kind)
            return event;
    }
    fprintf(stderr, "%s: no event of kind %d in time\n", e->name, (int)kind);
    exit(1);
}

/* Waits for what happened in the thread, and acknowledges it. */
static const liaison_chat_event *happened(end *e, liaison_chat_event_kind kind)
{
    const liaison_chat_event *event;
    do {
        event = &next(e, LIAISON_EVENT_KIND_CHAT_EVENT)->detail.chat_event;
        CHECK(event->at_unix_ms > 0 && same(event->thread, thread));
        CHECK((event->sequence == 0) == (event->kind == LIAISON_CHAT_EVENT_KIND_TYPING_INDICATOR_RECEIVED));
        if (event->sequence > 0)
            CHECK_STATUS(LIAISON_OK, liaison_chat_acknowledge(e->engine, THREAD, event->sequence));
    } while (event->kind != kind);
    return event;
}

static end signed_in(const char *name, const char *endpoint, const char *ca, const char *token_file)
{
    end e = {NULL, NULL, 0};
    liaison_engine_config config = config_for(endpoint, ca);
    liaison_str token = file_text(token_file);
    e.name = name;
    CHECK_STATUS(LIAISON_OK, liaison_engine_new(LIAISON_ABI, &config, &e.engine));
    CHECK_STATUS(LIAISON_OK, liaison_engine_sign_in(e.engine, token.data, token.length, NULL));
    while (next(&e, LIAISON_EVENT_KIND_CONNECTION)->detail.connection.state != LIAISON_CONNECTION_STATE_CONNECTED)
        ;
    return e;
}

static void create(end *user, const char *user_id, const char *staff)
{
    const liaison_chat_result_event *result;
    liaison_new_chat_participant people[2];
    liaison_new_chat_thread new_thread;
    memset(people, 0, sizeof people);
    memset(&new_thread, 0, sizeof new_thread);
    people[0].size = people[1].size = sizeof people[0];
    people[0].raw_id = liaison_str_of(staff);
    people[1].raw_id = liaison_str_of(user_id);
    people[1].display_name = liaison_str_of("Kiosk 7");
    new_thread.size = sizeof new_thread;
    new_thread.topic = liaison_str_of("The door");
    new_thread.participants = people;
    new_thread.participants_count = 2;
    CHECK_STATUS(LIAISON_OK, liaison_chat_create_thread(user->engine, &new_thread, NULL));
    do
        result = &next(user, LIAISON_EVENT_KIND_CHAT_RESULT)->detail.chat_result;
    while (result->threads_count == 0);
    CHECK(result->threads[0]->id.length < sizeof thread);
    memcpy(thread, result->threads[0]->id.data, result->threads[0]->id.length);
}

static void say(end *e, const char *content, int32_t kind)
{
    liaison_new_chat_message message;
    memset(&message, 0, sizeof message);
    message.size = sizeof message;
    message.kind = kind;
    message.content = liaison_str_of(content);
    CHECK_STATUS(LIAISON_OK, liaison_chat_send_message(e->engine, THREAD, &message, NULL));
}

int main(int argc, char **argv)
{
    const liaison_chat_event *event;
    uint64_t message;
    end user, staff;
    CHECK(argc == 7);
    user = signed_in("user", argv[1], argv[2], argv[3]);
    staff = signed_in("staff", argv[1], argv[2], argv[5]);
    create(&user, argv[4], argv[6]);

    say(&user, "Nobody opens.", LIAISON_CHAT_MESSAGE_KIND_TEXT);
    event = happened(&staff, LIAISON_CHAT_EVENT_KIND_CHAT_MESSAGE_RECEIVED);
    CHECK(same(event->by, argv[4]) && event->message != NULL && same(event->message->content, "Nobody opens."));
    CHECK(event->message->kind == LIAISON_CHAT_MESSAGE_KIND_TEXT);
    /* Staff see an app's user as external, everywhere under the same name. */
    CHECK(same(event->by_display_name, "Kiosk 7 (Unverified)"));
    CHECK(same(event->message->sender_display_name, "Kiosk 7 (Unverified)"));
    message = event->message->id;
    /* Who sent it is told as well. */
    CHECK(happened(&user, LIAISON_CHAT_EVENT_KIND_CHAT_MESSAGE_RECEIVED)->message->id == message);

    CHECK_STATUS(LIAISON_OK, liaison_chat_send_typing(staff.engine, THREAD, "The boss", 8, NULL));
    event = happened(&user, LIAISON_CHAT_EVENT_KIND_TYPING_INDICATOR_RECEIVED);
    /* A member of staff has the directory's name. */
    CHECK(same(event->by, argv[6]) && same(event->by_display_name, "Ada"));
    CHECK_STATUS(LIAISON_OK, liaison_chat_send_read_receipt(staff.engine, THREAD, message, NULL));
    event = happened(&user, LIAISON_CHAT_EVENT_KIND_READ_RECEIPT_RECEIVED);
    CHECK(event->receipt != NULL && event->receipt->message == message && same(event->receipt->reader, argv[6]));

    say(&staff, "<i>I come.</i>", LIAISON_CHAT_MESSAGE_KIND_HTML);
    event = happened(&user, LIAISON_CHAT_EVENT_KIND_CHAT_MESSAGE_RECEIVED);
    CHECK(same(event->message->content, "<i>I come.</i>") && same(event->message->sender, argv[6]));
    CHECK_STATUS(LIAISON_OK, liaison_chat_edit_message(user.engine, THREAD, message, "Ada opens.", 10, NULL));
    CHECK(same(happened(&staff, LIAISON_CHAT_EVENT_KIND_CHAT_MESSAGE_EDITED)->message->content, "Ada opens."));
    CHECK_STATUS(LIAISON_OK, liaison_chat_delete_message(user.engine, THREAD, message, NULL));
    CHECK(happened(&staff, LIAISON_CHAT_EVENT_KIND_CHAT_MESSAGE_DELETED)->message->deleted_unix_ms > 0);
    CHECK_STATUS(LIAISON_OK, liaison_chat_set_topic(user.engine, THREAD, "Flat 7", 6, NULL));
    CHECK(same(happened(&staff, LIAISON_CHAT_EVENT_KIND_CHAT_THREAD_PROPERTIES_UPDATED)->topic, "Flat 7"));
    CHECK_STATUS(LIAISON_OK, liaison_chat_delete_thread(user.engine, THREAD, NULL));
    CHECK(same(happened(&staff, LIAISON_CHAT_EVENT_KIND_CHAT_THREAD_DELETED)->by, argv[4]));
    liaison_engine_free(user.engine);
    liaison_engine_free(staff.engine);
    return 0;
}
