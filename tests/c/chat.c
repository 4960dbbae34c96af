/* A chat between two engines of one process: an app's user and a member of staff.
 * usage: chat ENDPOINT CA.PEM USER-TOKEN-FILE USER-RAW-ID STAFF-TOKEN-FILE STAFF-RAW-ID REFUSING-RAW-ID
 *             OUTSIDER-TOKEN-FILE */
#include "check.h"

#define TEXT(text) (text), strlen(text)
#define THREAD thread, strlen(thread)

static char thread[256];

/* Waits for a command's outcome. It is borrowed until the next wait. */
static const liaison_chat_result_event *outcome(liaison_engine *engine, uint64_t operation)
{
    const liaison_event *event;
    while ((event = liaison_engine_wait_event(engine, 40 * 1000000)) != NULL) {
        CHECK(event->kind != LIAISON_EVENT_KIND_POISONED);
        if (event->kind == LIAISON_EVENT_KIND_CHAT_RESULT) {
            CHECK(event->operation == operation);
            CHECK((event->detail.chat_result.status == LIAISON_OK) == (event->detail.chat_result.text.length == 0));
            return &event->detail.chat_result;
        }
    }
    CHECK(!"a chat result in time");
    return NULL;
}

static const liaison_chat_result_event *expect(int line, int32_t status, liaison_engine *engine, uint64_t operation)
{
    const liaison_chat_result_event *result = outcome(engine, operation);
    if (result->status != status) {
        fprintf(stderr, "line %d: %d (%.*s), not %d\n", line, (int)result->status, (int)result->text.length,
                result->text.data, (int)status);
        exit(1);
    }
    return result;
}

/* Asks for something that is accepted, and gives its outcome. */
#define ASK(status, engine, function, ...) \
    (CHECK_ACCEPTED(function(engine, __VA_ARGS__, &operation)), expect(__LINE__, status, engine, operation))
#define CHECK_ACCEPTED(call) accepted(__LINE__, call)

static void accepted(int line, int32_t status)
{
    if (status != LIAISON_OK) {
        fprintf(stderr, "line %d: %s\n", line, liaison_status_text(status).data);
        exit(1);
    }
}

static liaison_engine *signed_in(const char *endpoint, const char *ca, const char *token_file)
{
    liaison_engine_config config = config_for(endpoint, ca);
    liaison_engine *engine = NULL;
    liaison_str token = file_text(token_file);
    CHECK_STATUS(LIAISON_OK, liaison_engine_new(LIAISON_ABI, &config, &engine));
    CHECK_STATUS(LIAISON_NOT_SIGNED_IN, liaison_chat_list_threads(engine, 0, 0, NULL, 0, NULL));
    CHECK_STATUS(LIAISON_OK, liaison_engine_sign_in(engine, token.data, token.length, NULL));
    return engine;
}

/* The metadata has this value under this name, and no other names. */
static int only(const liaison_chat_metadata *metadata, size_t count, const char *name, const char *value)
{
    return count == 1 && same(metadata[0].name, name) && same(metadata[0].value, value);
}

static void create(liaison_engine *user, const char *user_id, const char *staff, const char *refusing)
{
    uint64_t operation = 0;
    const liaison_chat_result_event *result;
    liaison_new_chat_participant people[3];
    liaison_new_chat_thread new_thread;
    liaison_chat_metadata made_by = {{"made by", 7}, {"the kiosk", 9}};
    memset(people, 0, sizeof people);
    memset(&new_thread, 0, sizeof new_thread);
    people[0].size = people[1].size = people[2].size = sizeof people[0];
    people[0].raw_id = liaison_str_of(staff);
    people[0].display_name = liaison_str_of("Somebody");
    people[1].raw_id = liaison_str_of(refusing);
    people[2].raw_id = liaison_str_of(user_id);
    people[2].display_name = liaison_str_of("Kiosk 7");
    new_thread.size = sizeof new_thread;
    new_thread.topic = liaison_str_of("The door of flat 7");
    new_thread.participants = people;
    new_thread.participants_count = 3;
    new_thread.metadata = &made_by;
    new_thread.metadata_count = 1;

    /* What cannot be right is refused at once. */
    people[1].size = 8;
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_create_thread(user, &new_thread, NULL));
    people[1].size = sizeof people[0];
    people[1].raw_id = liaison_str_of("4:+4930");
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_create_thread(user, &new_thread, NULL));
    people[1].raw_id = liaison_str_of(refusing);
    new_thread.reserved = 1;
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_create_thread(user, &new_thread, NULL));
    new_thread.reserved = 0;
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_create_thread(user, NULL, NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_create_thread(NULL, &new_thread, NULL));

    result = ASK(LIAISON_OK, user, liaison_chat_create_thread, &new_thread);
    CHECK(result->threads_count == 1 && same(result->threads[0]->topic, "The door of flat 7"));
    CHECK(result->threads[0]->size == sizeof(liaison_chat_thread) && result->threads[0]->created_unix_ms > 0);
    CHECK(only(result->threads[0]->metadata, result->threads[0]->metadata_count, "made by", "the kiosk"));
    CHECK(result->refused_count == 1 && same(result->refused[0]->raw_id, refusing));
    CHECK(same(result->refused[0]->code, "403") && result->refused[0]->text.length > 0);
    CHECK(result->threads[0]->id.length < sizeof thread);
    memcpy(thread, result->threads[0]->id.data, result->threads[0]->id.length);
}

static uint64_t sent(liaison_engine *engine, int32_t kind, const char *content, const char *client_id)
{
    uint64_t operation = 0;
    liaison_new_chat_message message;
    memset(&message, 0, sizeof message);
    message.size = sizeof message;
    message.kind = kind;
    message.content = liaison_str_of(content);
    message.sender_display_name = liaison_str_of("Kiosk 7");
    message.client_id = liaison_str_of(client_id);
    return ASK(LIAISON_OK, engine, liaison_chat_send_message, THREAD, &message)->message;
}

static void messages(liaison_engine *user, liaison_engine *staff, const char *user_id)
{
    uint64_t operation = 0, text, html;
    char page[1024];
    const liaison_chat_result_event *result;
    const liaison_chat_message *message;
    liaison_new_chat_message wrong;

    text = sent(user, 0, "Nobody opens. \xf0\x9f\x9a\xaa", "knock-1");
    CHECK(text == sent(user, 0, "Nobody opens. \xf0\x9f\x9a\xaa", "knock-1"));
    html = sent(user, LIAISON_CHAT_MESSAGE_KIND_HTML, "<b>Please</b><script>x</script>", "");
    CHECK(html > text);
    memset(&wrong, 0, sizeof wrong);
    wrong.size = sizeof wrong;
    wrong.content = liaison_str_of("x");
    wrong.kind = LIAISON_CHAT_MESSAGE_KIND_TOPIC_UPDATED;
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_send_message(user, THREAD, &wrong, NULL));
    wrong.kind = 0;
    wrong.client_id = liaison_str_of("with a space");
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_send_message(user, THREAD, &wrong, NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_send_message(user, TEXT("19:x"), &wrong, NULL));

    /* One by one, the newest first, back to the oldest. */
    result = ASK(LIAISON_OK, staff, liaison_chat_list_messages, THREAD, 0, 1, NULL, 0);
    CHECK(result->messages_count == 1 && result->next_page.length > 0 && result->next_page.length < sizeof page);
    message = result->messages[0];
    CHECK(message->id == html && message->kind == LIAISON_CHAT_MESSAGE_KIND_HTML);
    CHECK(same(message->content, "<b>Please</b>") && same(message->sender, user_id));
    memset(page, 0, sizeof page);
    memcpy(page, result->next_page.data, result->next_page.length);
    result = ASK(LIAISON_OK, staff, liaison_chat_list_messages, THREAD, 0, 0, TEXT(page));
    message = result->messages[0];
    CHECK(result->messages_count == 1 && message->id == text && same(message->client_id, ""));
    CHECK(same(message->content, "Nobody opens. \xf0\x9f\x9a\xaa") && same(message->sender, user_id));
    CHECK(same(message->sender_display_name, "Kiosk 7 (Unverified)"));
    /* A page of one list is none of another. */
    CHECK(expect(__LINE__, LIAISON_INVALID_ARGUMENT, staff,
                 (accepted(__LINE__, liaison_chat_list_participants(staff, THREAD, 0, 0, TEXT(page), &operation)), operation))
              ->http_status == 0);

    CHECK(ASK(LIAISON_OK, staff, liaison_chat_count_unread, THREAD)->unread_count == 2);
    ASK(LIAISON_OK, staff, liaison_chat_send_read_receipt, THREAD, text);
    result = ASK(LIAISON_OK, staff, liaison_chat_count_unread, THREAD);
    CHECK(result->unread_count == 1 && result->unread_or_more == 0);
    result = ASK(LIAISON_OK, user, liaison_chat_list_read_receipts, THREAD, 0, 0, NULL, 0);
    CHECK(result->receipts_count == 1 && result->receipts[0]->message == text && result->receipts[0]->read_unix_ms > 0);
    ASK(LIAISON_OK, staff, liaison_chat_send_typing, THREAD, NULL, 0);

    ASK(LIAISON_OK, user, liaison_chat_edit_message, THREAD, text, TEXT("Somebody opens."));
    message = ASK(LIAISON_OK, staff, liaison_chat_get_message, THREAD, text)->messages[0];
    CHECK(same(message->content, "Somebody opens.") && message->edited_unix_ms > 0 && message->deleted_unix_ms == 0);
    CHECK(ASK(LIAISON_FORBIDDEN, staff, liaison_chat_delete_message, THREAD, text)->http_status == 403);
    ASK(LIAISON_OK, user, liaison_chat_delete_message, THREAD, html);
    message = ASK(LIAISON_OK, staff, liaison_chat_get_message, THREAD, html)->messages[0];
    CHECK(message->deleted_unix_ms > 0 && message->content.length == 0);
}

static void metadata(liaison_engine *user, liaison_engine *staff)
{
    uint64_t operation = 0, id;
    const liaison_chat_thread *found;
    const liaison_chat_message *message;
    liaison_new_chat_message new_message;
    liaison_chat_metadata pairs[2];
    memset(&new_message, 0, sizeof new_message);
    memset(pairs, 0, sizeof pairs);
    pairs[0].name = liaison_str_of("door");
    pairs[0].value = liaison_str_of("7");
    pairs[1].name = liaison_str_of("floor");
    pairs[1].value = liaison_str_of("");
    new_message.size = sizeof new_message;
    new_message.content = liaison_str_of("with metadata");
    new_message.metadata = pairs;
    new_message.metadata_count = 2;
    id = ASK(LIAISON_OK, user, liaison_chat_send_message, THREAD, &new_message)->message;
    message = ASK(LIAISON_OK, staff, liaison_chat_get_message, THREAD, id)->messages[0];
    CHECK(message->metadata_count == 2 && same(message->metadata[0].name, "door"));
    CHECK(same(message->metadata[1].name, "floor") && message->metadata[1].value.length == 0);
    new_message.metadata_count = 1025;
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_send_message(user, THREAD, &new_message, NULL));

    /* One gets another value, one is taken out. */
    pairs[0].value = liaison_str_of("8");
    memset(&pairs[1].value, 0, sizeof pairs[1].value);
    ASK(LIAISON_OK, user, liaison_chat_set_message_metadata, THREAD, id, pairs, 2);
    message = ASK(LIAISON_OK, staff, liaison_chat_get_message, THREAD, id)->messages[0];
    CHECK(only(message->metadata, message->metadata_count, "door", "8") && same(message->content, "with metadata"));
    ASK(LIAISON_OK, user, liaison_chat_delete_message, THREAD, id);

    ASK(LIAISON_OK, user, liaison_chat_set_metadata, THREAD, pairs, 1);
    found = ASK(LIAISON_OK, staff, liaison_chat_get_thread, THREAD)->threads[0];
    CHECK(found->metadata_count == 2 && same(found->metadata[1].name, "made by"));
    memset(&pairs[0].value, 0, sizeof pairs[0].value);
    ASK(LIAISON_OK, user, liaison_chat_set_metadata, THREAD, pairs, 1);
    found = ASK(LIAISON_OK, staff, liaison_chat_get_thread, THREAD)->threads[0];
    CHECK(only(found->metadata, found->metadata_count, "made by", "the kiosk"));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_set_metadata(user, THREAD, NULL, 1, NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_set_metadata(user, THREAD, pairs, 0, NULL));
}

/* The two in the thread are shown with these names: a member of staff's is the directory's. */
static void people(liaison_engine *engine, const char *staff_id, const char *user_name)
{
    uint64_t operation = 0;
    size_t i;
    int staff = 0, user = 0;
    const liaison_chat_result_event *result = ASK(LIAISON_OK, engine, liaison_chat_list_participants, THREAD, 0, 0, NULL, 0);
    CHECK(result->participants_count == 2 && result->next_page.length == 0);
    for (i = 0; i < result->participants_count; i++) {
        const liaison_chat_participant *one = result->participants[i];
        staff += same(one->raw_id, staff_id) && same(one->display_name, "Ada");
        user += !same(one->raw_id, staff_id) && same(one->display_name, user_name);
    }
    CHECK(staff == 1 && user == 1);
}

static void participants(liaison_engine *user, liaison_engine *staff, const char *staff_id)
{
    uint64_t operation = 0;
    const liaison_chat_result_event *result;
    ASK(LIAISON_OK, user, liaison_chat_set_topic, THREAD, TEXT("Flat 7"));
    CHECK(same(ASK(LIAISON_OK, user, liaison_chat_get_thread, THREAD)->threads[0]->topic, "Flat 7"));
    result = ASK(LIAISON_OK, user, liaison_chat_list_threads, 0, 0, NULL, 0);
    CHECK(result->threads_count == 1 && same(result->threads[0]->id, thread));
    /* Nothing happened in the year 2100. */
    CHECK(ASK(LIAISON_OK, user, liaison_chat_list_threads, INT64_C(4102444800000), 1, NULL, 0)->threads_count == 0);
    CHECK(ASK(LIAISON_OK, user, liaison_chat_list_participants, THREAD, 1, 0, NULL, 0)->participants_count == 1);
    CHECK(ASK(LIAISON_OK, user, liaison_chat_list_participants, THREAD, 0, 1, NULL, 0)->next_page.length > 0);
    people(user, staff_id, "Kiosk 7");
    people(staff, staff_id, "Kiosk 7 (Unverified)");
}

int main(int argc, char **argv)
{
    uint64_t operation = 0;
    const liaison_chat_result_event *result;
    liaison_new_chat_participant again;
    liaison_engine *user, *staff, *outsider;
    CHECK(argc == 9);
    user = signed_in(argv[1], argv[2], argv[3]);
    staff = signed_in(argv[1], argv[2], argv[5]);
    outsider = signed_in(argv[1], argv[2], argv[8]);
    create(user, argv[4], argv[6], argv[7]);
    messages(user, staff, argv[4]);
    metadata(user, staff);
    participants(user, staff, argv[6]);

    result = outcome(outsider, (accepted(__LINE__, liaison_chat_get_thread(outsider, THREAD, &operation)), operation));
    CHECK(result->status == LIAISON_FORBIDDEN || result->status == LIAISON_NOT_FOUND);

    ASK(LIAISON_OK, user, liaison_chat_remove_participant, THREAD, TEXT(argv[6]));
    CHECK(ASK(LIAISON_FORBIDDEN, staff, liaison_chat_send_typing, THREAD, NULL, 0)->http_status == 403);
    memset(&again, 0, sizeof again);
    again.size = sizeof again;
    again.raw_id = liaison_str_of(argv[6]);
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_add_participants(user, THREAD, &again, 0, NULL));
    CHECK(ASK(LIAISON_OK, user, liaison_chat_add_participants, THREAD, &again, 1)->refused_count == 0);
    ASK(LIAISON_OK, staff, liaison_chat_send_typing, THREAD, NULL, 0);

    ASK(LIAISON_OK, user, liaison_chat_delete_thread, THREAD);
    ASK(LIAISON_OK, user, liaison_chat_delete_thread, THREAD);
    CHECK(ASK(LIAISON_OK, user, liaison_chat_list_threads, 0, 0, NULL, 0)->threads_count == 0);
    /* Gone for the member of staff as well, and its history with it. */
    CHECK(ASK(LIAISON_OK, staff, liaison_chat_list_threads, 0, 0, NULL, 0)->threads_count == 0);
    accepted(__LINE__, liaison_chat_list_messages(staff, THREAD, 0, 0, NULL, 0, &operation));
    result = outcome(staff, operation);
    CHECK(result->status == LIAISON_FORBIDDEN || result->status == LIAISON_NOT_FOUND);
    liaison_engine_free(user);
    liaison_engine_free(staff);
    liaison_engine_free(outsider);
    return 0;
}
