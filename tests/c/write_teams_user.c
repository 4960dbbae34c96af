/* Writes to somebody, waits until they have read it, answered, and corrected the answer.
 * usage: write ENDPOINT CA.PEM TOKEN-FILE ID */
#include "check.h"

int main(int argc, char **argv)
{
    liaison_engine_config config;
    liaison_engine *engine = NULL;
    liaison_new_chat_participant person;
    liaison_new_chat_thread new_thread;
    liaison_new_chat_message message;
    char who[512], thread[256] = "";
    int read = 0, answered = 0, corrected = 0;
    CHECK(argc == 5);
    snprintf(who, sizeof who, "8:orgid:%s", argv[4]); /* { microsoftTeamsUserId } */
    memset(&person, 0, sizeof person);
    memset(&new_thread, 0, sizeof new_thread);
    memset(&message, 0, sizeof message);
    person.size = sizeof person;
    person.raw_id = liaison_str_of(who);
    new_thread.size = sizeof new_thread;
    new_thread.topic = liaison_str_of("The door");
    new_thread.participants = &person;
    new_thread.participants_count = 1;
    message.size = sizeof message;
    message.content = liaison_str_of("Nobody opens.");
    config = config_for(argv[1], argv[2]);
    CHECK_STATUS(LIAISON_OK, liaison_engine_new(LIAISON_ABI, &config, &engine));
    liaison_str token = file_text(argv[3]);
    CHECK_STATUS(LIAISON_OK, liaison_engine_sign_in(engine, token.data, token.length, NULL));
    CHECK_STATUS(LIAISON_OK, liaison_chat_create_thread(engine, &new_thread, NULL));
    while (!read || !corrected) {
        const liaison_event *event = liaison_engine_wait_event(engine, 40000000);
        const liaison_chat_event *chat;
        CHECK(event != NULL);
        chat = &event->detail.chat_event;
        if (event->kind == LIAISON_EVENT_KIND_CHAT_RESULT) {
            CHECK(event->detail.chat_result.status == LIAISON_OK && event->detail.chat_result.refused_count == 0);
            if (event->detail.chat_result.threads_count == 1) {
                liaison_str id = event->detail.chat_result.threads[0]->id;
                CHECK(id.length < sizeof thread);
                memcpy(thread, id.data, id.length);
                CHECK_STATUS(LIAISON_OK, liaison_chat_send_message(engine, thread, strlen(thread), &message, NULL));
            }
        }
        if (event->kind != LIAISON_EVENT_KIND_CHAT_EVENT || !same(chat->by, who))
            continue;
        read += chat->kind == LIAISON_CHAT_EVENT_KIND_READ_RECEIPT_RECEIVED;
        answered += chat->kind == LIAISON_CHAT_EVENT_KIND_CHAT_MESSAGE_RECEIVED;
        corrected += chat->kind == LIAISON_CHAT_EVENT_KIND_CHAT_MESSAGE_EDITED && same(chat->message->content, "I come.");
    }
    CHECK(answered == 1);
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(engine));
    puts("answered");
    return 0;
}
