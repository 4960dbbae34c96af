/* Calls somebody, hears that it is answered, hangs up. usage: dial ENDPOINT CA.PEM TOKEN-FILE ID */
#include "check.h"

int main(int argc, char **argv)
{
    liaison_engine_config config;
    liaison_engine *engine = NULL;
    char callee[512];
    uint64_t call = 0;
    int state = LIAISON_CALL_STATE_NONE, answered = 0;
    CHECK(argc == 5);
    snprintf(callee, sizeof callee, "8:acs:%s", argv[4]); /* { communicationUserId } */
    config = config_for(argv[1], argv[2]);
    CHECK_STATUS(LIAISON_OK, liaison_engine_new(LIAISON_ABI, &config, &engine));
    liaison_str token = file_text(argv[3]);
    CHECK_STATUS(LIAISON_OK, liaison_engine_sign_in(engine, token.data, token.length, NULL));
    while (state != LIAISON_CALL_STATE_DISCONNECTED) {
        const liaison_event *event = liaison_engine_wait_event(engine, 30000000);
        CHECK(event != NULL);
        if (event->kind == LIAISON_EVENT_KIND_CONNECTION && call == 0
            && event->detail.connection.state == LIAISON_CONNECTION_STATE_CONNECTED)
            CHECK_STATUS(LIAISON_OK, liaison_engine_start_call(engine, callee, strlen(callee), NULL, &call));
        if (event->kind == LIAISON_EVENT_KIND_CALL_STATE)
            state = event->detail.call_state.state;
        if (event->kind == LIAISON_EVENT_KIND_MEDIA && !answered++)
            CHECK_STATUS(LIAISON_OK, liaison_call_hang_up(engine, call, NULL));
    }
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(engine));
    CHECK(answered);
    puts("answered");
    return 0;
}
