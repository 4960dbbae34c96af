/* What chat keeps in a folder: commands that wait, events that were not acknowledged; with a key, by one engine at a time.
 * usage: chat_kept ENDPOINT CA.PEM TOKEN-FILE FOLDER */
#include "check.h"

#define TEXT(text) (text), strlen(text)
#define THREAD thread, strlen(thread)

static char thread[256];
static const uint8_t key[32] = {1, 2, 3}, other_key[32] = {3, 2, 1};
static liaison_engine_config config;
static liaison_str token;

static liaison_engine *signed_in(void)
{
    liaison_engine *engine = NULL;
    CHECK_STATUS(LIAISON_OK, liaison_engine_new(LIAISON_ABI, &config, &engine));
    CHECK_STATUS(LIAISON_OK, liaison_engine_sign_in(engine, token.data, token.length, NULL));
    return engine;
}

/* The next event of this kind. */
static const liaison_event *next(liaison_engine *engine, liaison_event_kind kind)
{
    const liaison_event *event;
    do {
        event = liaison_engine_wait_event(engine, 40 * 1000000);
        CHECK(event != NULL && event->kind != LIAISON_EVENT_KIND_POISONED);
    } while (event->kind != kind);
    return event;
}

static void say(liaison_engine *engine, const char *content, const char *client_id, uint64_t *operation)
{
    liaison_new_chat_message message;
    memset(&message, 0, sizeof message);
    message.size = sizeof message;
    message.content = liaison_str_of(content);
    message.client_id = liaison_str_of(client_id);
    CHECK_STATUS(LIAISON_OK, liaison_chat_send_message(engine, THREAD, &message, operation));
}

static void create(void)
{
    const liaison_chat_result_event *result;
    liaison_new_chat_thread new_thread;
    liaison_engine *engine = signed_in();
    memset(&new_thread, 0, sizeof new_thread);
    new_thread.size = sizeof new_thread;
    new_thread.topic = liaison_str_of("The door");
    CHECK_STATUS(LIAISON_OK, liaison_chat_create_thread(engine, &new_thread, NULL));
    result = &next(engine, LIAISON_EVENT_KIND_CHAT_RESULT)->detail.chat_result;
    CHECK(result->threads_count == 1 && result->threads[0]->id.length < sizeof thread && result->client_id.length > 0);
    memcpy(thread, result->threads[0]->id.data, result->threads[0]->id.length);
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(engine));
}

/* Without a network: what is asked for is kept, and what was not sent can be taken back. */
static void offline(void)
{
    uint64_t first = 0, second = 0;
    const liaison_event *event;
    liaison_engine *engine, *another = NULL;
    config.http_proxy = liaison_str_of("http://127.0.0.1:1");
    engine = signed_in();
    say(engine, "Nobody opens.", "knock-1", &first);
    say(engine, "Hello?", "knock-2", &second);
    event = next(engine, LIAISON_EVENT_KIND_CHAT_QUEUED);
    CHECK(event->operation == first && same(event->detail.chat_queued.client_id, "knock-1"));
    event = next(engine, LIAISON_EVENT_KIND_CHAT_QUEUED);
    CHECK(event->operation == second && same(event->detail.chat_queued.client_id, "knock-2"));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_cancel(engine, TEXT("no id")));
    CHECK_STATUS(LIAISON_OK, liaison_chat_cancel(engine, TEXT("knock-0")));
    CHECK_STATUS(LIAISON_OK, liaison_chat_cancel(engine, TEXT("knock-2")));
    event = next(engine, LIAISON_EVENT_KIND_CHAT_RESULT);
    CHECK(event->operation == second && event->detail.chat_result.status == LIAISON_CANCELLED);

    CHECK_STATUS(LIAISON_IN_USE, liaison_engine_new(LIAISON_ABI, &config, &another));
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(engine));
    config.data_key = other_key;
    CHECK_STATUS(LIAISON_WRONG_KEY, liaison_engine_new(LIAISON_ABI, &config, &another));
    config.data_key = NULL;
    CHECK_STATUS(LIAISON_WRONG_KEY, liaison_engine_new(LIAISON_ABI, &config, &another));
    config.data_key = key;
    config.http_proxy = liaison_str_of("");
}

int main(int argc, char **argv)
{
    uint64_t sequence, before = 0;
    const liaison_event *event;
    liaison_engine *engine;
    CHECK(argc == 5);
    token = file_text(argv[3]);
    config = config_for(argv[1], argv[2]);
    create();
    config.data_path = liaison_str_of(argv[4]);
    config.data_key = key;
    offline();

    /* The next run sends it, and tells by its name what came of it. */
    engine = signed_in();
    event = next(engine, LIAISON_EVENT_KIND_CHAT_RESULT);
    CHECK(event->operation == 0 && same(event->detail.chat_result.client_id, "knock-1"));
    CHECK(event->detail.chat_result.status == LIAISON_OK && event->detail.chat_result.message > 0);
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(engine));

    /* An event that was not acknowledged comes again, one that was does not. */
    engine = signed_in();
    while (before == 0) {
        event = liaison_engine_wait_event(engine, 40 * 1000000);
        CHECK(event != NULL);
        if (event->kind == LIAISON_EVENT_KIND_CHAT_MISSED)
            before = event->detail.chat_missed.to;
        if (event->kind == LIAISON_EVENT_KIND_CHAT_EVENT && event->detail.chat_event.message != NULL)
            before = event->detail.chat_event.sequence;
    }
    CHECK_STATUS(LIAISON_OK, liaison_chat_acknowledge(engine, THREAD, before));
    say(engine, "Hello?", "knock-3", NULL);
    do
        event = next(engine, LIAISON_EVENT_KIND_CHAT_EVENT);
    while (event->detail.chat_event.message == NULL || !same(event->detail.chat_event.message->content, "Hello?"));
    sequence = event->detail.chat_event.sequence;
    CHECK(sequence == before + 1);
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(engine));
    engine = signed_in();
    event = next(engine, LIAISON_EVENT_KIND_CHAT_EVENT);
    CHECK(event->detail.chat_event.sequence == sequence && same(event->detail.chat_event.message->content, "Hello?"));
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(engine));
    return 0;
}
