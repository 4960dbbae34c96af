/* Files and images of a chat: a kiosk sends a picture and a log, a member of staff looks at them.
 * usage: chat_files ENDPOINT CA.PEM USER-TOKEN-FILE STAFF-TOKEN-FILE STAFF-RAW-ID FOLDER */
#include "check.h"

#define THREAD thread, strlen(thread)

static char thread[256];

/* Two by two red pixels. */
static const uint8_t picture[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x02, 0x08, 0x02, 0x00, 0x00, 0x00, 0xfd, 0xd4, 0x9a,
    0x73, 0x00, 0x00, 0x00, 0x10, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0xf8, 0xcf, 0xc0, 0x00,
    0x44, 0x0c, 0x10, 0x0a, 0x00, 0x1f, 0xee, 0x03, 0xfd, 0x8b, 0x5f, 0x14, 0xd4, 0x00, 0x00, 0x00,
    0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
};

static const liaison_event *next(liaison_engine *engine, int32_t kind)
{
    const liaison_event *event;
    while ((event = liaison_engine_wait_event(engine, 40 * 1000000)) != NULL) {
        CHECK(event->kind != LIAISON_EVENT_KIND_POISONED);
        if ((int32_t)event->kind == kind)
            return event;
    }
    fprintf(stderr, "no event of kind %d in time\n", (int)kind);
    exit(1);
}

static const liaison_chat_result_event *outcome(liaison_engine *engine, int32_t status)
{
    const liaison_chat_result_event *result = &next(engine, LIAISON_EVENT_KIND_CHAT_RESULT)->detail.chat_result;
    if (result->status != status)
        fprintf(stderr, "%.*s\n", (int)result->text.length, result->text.data);
    CHECK(result->status == status);
    return result;
}

static liaison_engine *signed_in(const char *endpoint, const char *ca, const char *token_file)
{
    liaison_engine_config config = config_for(endpoint, ca);
    liaison_engine *engine = NULL;
    liaison_str token = file_text(token_file);
    CHECK_STATUS(LIAISON_OK, liaison_engine_new(LIAISON_ABI, &config, &engine));
    CHECK_STATUS(LIAISON_OK, liaison_engine_sign_in(engine, token.data, token.length, NULL));
    while (next(engine, LIAISON_EVENT_KIND_CONNECTION)->detail.connection.state != LIAISON_CONNECTION_STATE_CONNECTED)
        ;
    return engine;
}

static void create(liaison_engine *user, const char *staff)
{
    const liaison_chat_result_event *result;
    liaison_new_chat_participant person;
    liaison_new_chat_thread new_thread;
    memset(&person, 0, sizeof person);
    memset(&new_thread, 0, sizeof new_thread);
    person.size = sizeof person;
    person.raw_id = liaison_str_of(staff);
    new_thread.size = sizeof new_thread;
    new_thread.topic = liaison_str_of("A broken lock");
    new_thread.participants = &person;
    new_thread.participants_count = 1;
    CHECK_STATUS(LIAISON_OK, liaison_chat_create_thread(user, &new_thread, NULL));
    result = outcome(user, LIAISON_OK);
    CHECK(result->threads_count == 1 && result->threads[0]->id.length < sizeof thread);
    memcpy(thread, result->threads[0]->id.data, result->threads[0]->id.length);
}

/* Uploads it; its id is written to out. */
static void upload(liaison_engine *engine, liaison_new_chat_attachment *file, const char *name, char out[64])
{
    const liaison_chat_result_event *result;
    CHECK_STATUS(LIAISON_OK, liaison_chat_upload_attachment(engine, THREAD, file, NULL));
    result = outcome(engine, LIAISON_OK);
    CHECK(result->attachments_count == 1 && same(result->attachments[0]->name, name));
    CHECK(result->attachments[0]->size == sizeof(liaison_chat_attachment));
    CHECK((int32_t)result->attachments[0]->kind == file->kind && result->attachments[0]->id.length < 64);
    memset(out, 0, 64);
    memcpy(out, result->attachments[0]->id.data, result->attachments[0]->id.length);
}

static void misuse(liaison_engine *user, liaison_new_chat_attachment file)
{
    liaison_new_chat_attachment wrong = file;
    wrong.kind = 3;
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_upload_attachment(user, THREAD, &wrong, NULL));
    wrong = file;
    wrong.path = liaison_str_of("both");
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_upload_attachment(user, THREAD, &wrong, NULL));
    wrong = file;
    wrong.bytes = NULL;
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_upload_attachment(user, THREAD, &wrong, NULL));
    wrong = file;
    wrong.reserved = 1;
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_upload_attachment(user, THREAD, &wrong, NULL));
    wrong = file;
    wrong.size = 8;
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_upload_attachment(user, THREAD, &wrong, NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_upload_attachment(user, THREAD, NULL, NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_upload_attachment(NULL, THREAD, &file, NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT,
                 liaison_chat_download_attachment(user, THREAD, "../x", 4, LIAISON_CHAT_ATTACHMENT_KIND_FILE, 0, NULL, 0, NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT,
                 liaison_chat_download_attachment(user, THREAD, "x", 1, LIAISON_CHAT_ATTACHMENT_KIND_FILE, 1, NULL, 0, NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT,
                 liaison_chat_download_attachment(user, THREAD, "x", 1, LIAISON_CHAT_ATTACHMENT_KIND_IMAGE, 2, NULL, 0, NULL));
    /* What is no picture, and what is not there. */
    wrong = file;
    wrong.bytes = (const uint8_t *)"<svg/>";
    wrong.bytes_length = 6;
    CHECK_STATUS(LIAISON_OK, liaison_chat_upload_attachment(user, THREAD, &wrong, NULL));
    CHECK(outcome(user, LIAISON_INVALID_STATE)->http_status == 415);
    wrong = file;
    wrong.bytes = NULL;
    wrong.bytes_length = 0;
    wrong.path = liaison_str_of("/nowhere/at/all");
    CHECK_STATUS(LIAISON_OK, liaison_chat_upload_attachment(user, THREAD, &wrong, NULL));
    CHECK(outcome(user, LIAISON_INVALID_ARGUMENT)->http_status == 0);
}

int main(int argc, char **argv)
{
    char image[64], text[64], log_path[1024], copy_path[1024], back[64];
    uint64_t message;
    const liaison_chat_result_event *result;
    const liaison_chat_event *event;
    liaison_chat_attachment_to_send files[2];
    liaison_new_chat_attachment file;
    liaison_new_chat_message new_message;
    liaison_engine *user, *staff;
    FILE *stream;
    CHECK(argc == 7);
    user = signed_in(argv[1], argv[2], argv[3]);
    staff = signed_in(argv[1], argv[2], argv[4]);
    create(user, argv[5]);

    memset(&file, 0, sizeof file);
    file.size = sizeof file;
    file.kind = LIAISON_CHAT_ATTACHMENT_KIND_IMAGE;
    file.name = liaison_str_of("t\xc3\xbcr.png");
    file.bytes = picture;
    file.bytes_length = sizeof picture;
    misuse(user, file);
    upload(user, &file, "t\xc3\xbcr.png", image);

    snprintf(log_path, sizeof log_path, "%s/lock.log", argv[6]);
    stream = fopen(log_path, "wb");
    CHECK(stream != NULL && fputs("it does not open", stream) >= 0 && fclose(stream) == 0);
    memset(&file, 0, sizeof file);
    file.size = sizeof file;
    file.kind = LIAISON_CHAT_ATTACHMENT_KIND_FILE;
    file.path = liaison_str_of(log_path);
    upload(user, &file, "lock.log", text);

    memset(files, 0, sizeof files);
    files[0].size = files[1].size = sizeof files[0];
    files[0].id = liaison_str_of(image);
    files[0].kind = LIAISON_CHAT_ATTACHMENT_KIND_IMAGE;
    files[1].id = liaison_str_of(text);
    files[1].kind = LIAISON_CHAT_ATTACHMENT_KIND_FILE;
    memset(&new_message, 0, sizeof new_message);
    new_message.size = sizeof new_message;
    new_message.attachments = files;
    new_message.attachments_count = 11;
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_send_message(user, THREAD, &new_message, NULL));
    new_message.attachments_count = 2;
    files[1].kind = 0;
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_chat_send_message(user, THREAD, &new_message, NULL));
    files[1].kind = LIAISON_CHAT_ATTACHMENT_KIND_FILE;
    CHECK_STATUS(LIAISON_OK, liaison_chat_send_message(user, THREAD, &new_message, NULL));
    message = outcome(user, LIAISON_OK)->message;
    /* Sent once is sent. */
    CHECK_STATUS(LIAISON_OK, liaison_chat_send_message(user, THREAD, &new_message, NULL));
    CHECK(outcome(user, LIAISON_INVALID_ARGUMENT)->http_status == 400);

    do
        event = &next(staff, LIAISON_EVENT_KIND_CHAT_EVENT)->detail.chat_event;
    while (event->kind != LIAISON_CHAT_EVENT_KIND_CHAT_MESSAGE_RECEIVED);
    CHECK(event->message->id == message && event->message->attachments_count == 2);
    CHECK(same(event->message->attachments[0]->id, image) && event->message->attachments[0]->has_small_view == 1);
    CHECK(same(event->message->attachments[0]->name, "t\xc3\xbcr.png"));
    CHECK(event->message->attachments[1]->kind == LIAISON_CHAT_ATTACHMENT_KIND_FILE);
    CHECK(event->message->attachments[1]->has_small_view == 0);

    CHECK_STATUS(LIAISON_OK, liaison_chat_get_message(staff, THREAD, message, NULL));
    result = outcome(staff, LIAISON_OK);
    CHECK(result->messages[0]->attachments_count == 2 && result->messages[0]->content.length == 0);
    CHECK(same(result->messages[0]->attachments[1]->name, "lock.log"));

    CHECK_STATUS(LIAISON_OK, liaison_chat_download_attachment(staff, THREAD, image, strlen(image),
                                                              LIAISON_CHAT_ATTACHMENT_KIND_IMAGE, 0, NULL, 0, NULL));
    result = outcome(staff, LIAISON_OK);
    CHECK(result->bytes_length == sizeof picture && memcmp(result->bytes, picture, sizeof picture) == 0);
    CHECK(same(result->media_type, "image/png"));
    CHECK_STATUS(LIAISON_OK, liaison_chat_download_attachment(staff, THREAD, image, strlen(image),
                                                              LIAISON_CHAT_ATTACHMENT_KIND_IMAGE, 1, NULL, 0, NULL));
    result = outcome(staff, LIAISON_OK);
    CHECK(same(result->media_type, "image/jpeg") && result->bytes_length > 0 && result->bytes[0] == 0xff);

    snprintf(copy_path, sizeof copy_path, "%s/copy", argv[6]);
    CHECK_STATUS(LIAISON_OK, liaison_chat_download_attachment(staff, THREAD, text, strlen(text),
                                                              LIAISON_CHAT_ATTACHMENT_KIND_FILE, 0, copy_path,
                                                              strlen(copy_path), NULL));
    result = outcome(staff, LIAISON_OK);
    CHECK(result->bytes == NULL && result->bytes_length == 16);
    stream = fopen(copy_path, "rb");
    CHECK(stream != NULL && fread(back, 1, sizeof back, stream) == 16 && fclose(stream) == 0);
    CHECK(memcmp(back, "it does not open", 16) == 0);

    /* With its message a file goes. */
    CHECK_STATUS(LIAISON_OK, liaison_chat_delete_message(user, THREAD, message, NULL));
    outcome(user, LIAISON_OK);
    CHECK_STATUS(LIAISON_OK, liaison_chat_download_attachment(staff, THREAD, text, strlen(text),
                                                              LIAISON_CHAT_ATTACHMENT_KIND_FILE, 0, NULL, 0, NULL));
    CHECK(outcome(staff, LIAISON_NOT_FOUND)->http_status == 404);
    liaison_engine_free(user);
    liaison_engine_free(staff);
    return 0;
}
