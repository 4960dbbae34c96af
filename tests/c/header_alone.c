/* The header needs nothing before it, and can come twice. Compiled as C and as C++, in every standard. */
#include "liaison.h"
#include "liaison.h"

int main(void)
{
    liaison_engine_config config;
    liaison_event_kind kind = LIAISON_EVENT_KIND_CALL_STATE;
    const liaison_event *event = NULL;
    config.audio_mode = LIAISON_AUDIO_MODE_EXTERNAL;
    config.log_level = LIAISON_LOG_LEVEL_INFO;
    if (event != NULL && event->kind == kind)
        return (int)event->detail.call_state.code;
    return config.audio_mode + config.log_level == 4 && LIAISON_REENTRANT < LIAISON_OK ? 0 : 1;
}
