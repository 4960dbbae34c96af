/* The device manager on real devices: a sound server of its own, with one null sink, whose monitor is a microphone.
 * usage: devices ENDPOINT CA.PEM KIOSK-TOKEN-FILE STAFF-TOKEN-FILE STAFF-RAW-ID */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

static liaison_engine *kiosk, *staff;
static uint64_t call;
static liaison_call_state state;
static uint64_t operation;
static int32_t outcome;
static int kiosk_online, staff_online;
static uint64_t received;
/* Events since they were last looked for. */
static int added, removed, session = -1;
static int32_t route_side, route_cause;
static char route_from[300], route_to[300];

static void copy(char *to, size_t room, liaison_str text)
{
    CHECK(text.length < room);
    memcpy(to, text.data, text.length);
    to[text.length] = 0;
}

static void on_kiosk(const liaison_event *event)
{
    switch (event->kind) {
    case LIAISON_EVENT_KIND_CONNECTION:
        kiosk_online = event->detail.connection.state == LIAISON_CONNECTION_STATE_CONNECTED;
        break;
    case LIAISON_EVENT_KIND_OPERATION:
        operation = event->operation;
        outcome = event->detail.operation.status;
        break;
    case LIAISON_EVENT_KIND_CALL_STATE:
        state = event->detail.call_state.state;
        printf("call state %d\n", (int)state);
        break;
    case LIAISON_EVENT_KIND_STATISTICS:
        received = event->detail.statistics.packets_received;
        break;
    case LIAISON_EVENT_KIND_AUDIO_DEVICE:
        printf("device %.*s: %d\n", (int)event->detail.audio_device.id.length, event->detail.audio_device.id.data,
               (int)event->detail.audio_device.change);
        added += event->detail.audio_device.change == LIAISON_DEVICE_CHANGE_ADDED;
        removed += event->detail.audio_device.change == LIAISON_DEVICE_CHANGE_REMOVED;
        break;
    case LIAISON_EVENT_KIND_AUDIO_ROUTE:
        route_side = event->detail.audio_route.side;
        route_cause = event->detail.audio_route.cause;
        copy(route_from, sizeof route_from, event->detail.audio_route.from_id);
        copy(route_to, sizeof route_to, event->detail.audio_route.to_id);
        printf("route of side %d: from '%s' to '%s', cause %d\n", (int)route_side, route_from, route_to,
               (int)route_cause);
        break;
    case LIAISON_EVENT_KIND_AUDIO_SESSION:
        session = event->detail.audio_session.state;
        break;
    default:
        break;
    }
}

static void live(void)
{
    const liaison_event *event;
    while ((event = liaison_engine_next_event(staff)) != NULL) {
        if (event->kind == LIAISON_EVENT_KIND_CONNECTION)
            staff_online = event->detail.connection.state == LIAISON_CONNECTION_STATE_CONNECTED;
        if (event->kind == LIAISON_EVENT_KIND_INCOMING_CALL)
            CHECK_STATUS(LIAISON_OK, liaison_call_accept(staff, event->call, NULL));
    }
    if ((event = liaison_engine_wait_event(kiosk, 20000)) != NULL)
        on_kiosk(event);
}

/* Lives until the condition holds; at most 20 s. */
#define UNTIL(condition) \
    do { \
        int64_t until = liaison_monotonic_us() + 20000000; \
        while (!(condition) && liaison_monotonic_us() < until) \
            live(); \
        CHECK(condition); \
    } while (0)

static void run(const char *command)
{
    CHECK(system(command) == 0);
}

#define PLUG "pactl load-module module-null-sink sink_name=usb rate=48000 channels=2 >/dev/null && " \
             "pactl set-default-sink liaison_sink && pactl set-default-source liaison_sink.monitor"
#define UNPLUG "pactl unload-module $(pactl list short modules | grep sink_name=usb | cut -f1)"

/* How many of the list's devices are of this side and id. */
static int count(liaison_device_list *list, int32_t side, const char *id, int is_default)
{
    size_t devices, n;
    int found = 0;
    liaison_device device;
    CHECK_STATUS(LIAISON_OK, liaison_device_list_count(list, &devices));
    for (n = 0; n < devices; n++) {
        device.size = sizeof device;
        CHECK_STATUS(LIAISON_OK, liaison_device_list_get(list, n, &device));
        CHECK(device.size == sizeof device && device.name.length > 0);
        found += device.side == side && same(device.id, id) && (is_default < 0 || device.is_default == is_default);
    }
    device.size = sizeof device;
    CHECK_STATUS(LIAISON_NOT_FOUND, liaison_device_list_get(list, devices, &device));
    return found;
}

static int uses(int32_t side, const char *id)
{
    liaison_device_list *list;
    int found;
    CHECK_STATUS(LIAISON_OK, liaison_engine_current_devices(kiosk, &list));
    found = count(list, side, id, -1);
    CHECK_STATUS(LIAISON_OK, liaison_device_list_free(list));
    return found;
}

static void choose(int32_t side, const char *id, int32_t expected)
{
    uint64_t number = 0;
    CHECK_STATUS(LIAISON_OK, liaison_engine_select_device(kiosk, side, id, strlen(id), &number));
    UNTIL(operation == number);
    CHECK(outcome == expected);
}

static void list_and_choose(void)
{
    liaison_device_list *list;
    liaison_device device;
    CHECK_STATUS(LIAISON_OK, liaison_engine_list_devices(kiosk, &list));
    CHECK(count(list, LIAISON_DEVICE_SIDE_PLAYOUT, "pulseaudio:liaison_sink", 1) == 1);
    CHECK(count(list, LIAISON_DEVICE_SIDE_CAPTURE, "pulseaudio:liaison_sink.monitor", 1) == 1);
    memset(&device, 0, sizeof device);
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_device_list_get(list, 0, &device));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_device_list_get(list, 0, NULL));
    CHECK_STATUS(LIAISON_OK, liaison_device_list_free(list));
    CHECK_STATUS(LIAISON_OK, liaison_device_list_free(NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_list_devices(kiosk, NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_select_device(kiosk, 3, "x", 1, NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_select_device(kiosk, 1, "\xff", 1, NULL));
    CHECK_STATUS(LIAISON_INVALID_ARGUMENT, liaison_engine_watch_devices(kiosk, 2));

    /* Nobody calls: watching is what tells. */
    CHECK_STATUS(LIAISON_OK, liaison_engine_watch_devices(kiosk, 1));
    {
        int64_t until = liaison_monotonic_us() + 1500000;
        while (liaison_monotonic_us() < until)
            live();
    }
    CHECK(added == 0);
    run(PLUG);
    UNTIL(added == 2);
    CHECK_STATUS(LIAISON_OK, liaison_engine_watch_devices(kiosk, 0));
    choose(LIAISON_DEVICE_SIDE_PLAYOUT, "nowhere", LIAISON_DEVICE_ERROR);
    choose(LIAISON_DEVICE_SIDE_PLAYOUT, "pulseaudio:usb", LIAISON_OK);
    CHECK(!uses(LIAISON_DEVICE_SIDE_PLAYOUT, "pulseaudio:usb"));
}

static void change_in_mid_call(void)
{
    uint64_t before;
    /* Unplugged: the default takes its place. */
    removed = 0;
    run(UNPLUG);
    UNTIL(route_cause == LIAISON_ROUTE_CAUSE_LOST);
    CHECK(route_side == LIAISON_DEVICE_SIDE_PLAYOUT && strcmp(route_from, "pulseaudio:usb") == 0);
    UNTIL(uses(LIAISON_DEVICE_SIDE_PLAYOUT, "pulseaudio:liaison_sink"));
    UNTIL(removed == 2);
    before = received;
    UNTIL(received > before + 50);
    CHECK(state == LIAISON_CALL_STATE_CONNECTED);

    /* Back: it was chosen by its id. */
    run(PLUG);
    UNTIL(route_cause == LIAISON_ROUTE_CAUSE_RETURNED && strcmp(route_to, "pulseaudio:usb") == 0);
    CHECK(uses(LIAISON_DEVICE_SIDE_PLAYOUT, "pulseaudio:usb"));

    /* A choice, and one that cannot be. */
    choose(LIAISON_DEVICE_SIDE_CAPTURE, "pulseaudio:usb.monitor", LIAISON_OK);
    UNTIL(route_cause == LIAISON_ROUTE_CAUSE_SELECTED && route_side == LIAISON_DEVICE_SIDE_CAPTURE);
    choose(LIAISON_DEVICE_SIDE_CAPTURE, "nowhere", LIAISON_DEVICE_ERROR);
    CHECK(uses(LIAISON_DEVICE_SIDE_CAPTURE, "pulseaudio:usb.monitor"));
    before = received;
    UNTIL(received > before + 50);
    CHECK(state == LIAISON_CALL_STATE_CONNECTED);
}

static void interrupt(void)
{
    uint64_t before;
    CHECK_STATUS(LIAISON_OK, liaison_engine_audio_interrupted(kiosk));
    UNTIL(session == LIAISON_AUDIO_SESSION_STATE_INTERRUPTED);
    CHECK(!uses(LIAISON_DEVICE_SIDE_PLAYOUT, "pulseaudio:usb"));
    before = received;
    UNTIL(received > before + 50);
    CHECK_STATUS(LIAISON_OK, liaison_engine_audio_resumed(kiosk));
    UNTIL(session == LIAISON_AUDIO_SESSION_STATE_ACTIVE);
    UNTIL(uses(LIAISON_DEVICE_SIDE_PLAYOUT, "pulseaudio:usb"));
    UNTIL(uses(LIAISON_DEVICE_SIDE_CAPTURE, "pulseaudio:usb.monitor"));
    CHECK_STATUS(LIAISON_OK, liaison_engine_audio_route_changed(kiosk));
    UNTIL(!uses(LIAISON_DEVICE_SIDE_PLAYOUT, "pulseaudio:usb"));
    UNTIL(uses(LIAISON_DEVICE_SIDE_PLAYOUT, "pulseaudio:usb"));
    CHECK(state == LIAISON_CALL_STATE_CONNECTED);
}

int main(int argc, char **argv)
{
    liaison_engine_config config;
    liaison_str token;
    CHECK(argc == 6);
    setvbuf(stdout, NULL, _IOLBF, 0);

    config = config_for(argv[1], argv[2]);
    config.media_bind = liaison_str_of("127.0.0.1:0");
    CHECK_STATUS(LIAISON_OK, liaison_engine_new(LIAISON_ABI, &config, &kiosk));
    CHECK_STATUS(LIAISON_INVALID_STATE, liaison_engine_select_device(kiosk, 1, NULL, 0, NULL));
    CHECK_STATUS(LIAISON_INVALID_STATE, liaison_engine_audio_interrupted(kiosk));
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(kiosk));

    /* A phone: nothing is open before its system allows it. */
    config.audio_mode = LIAISON_AUDIO_MODE_MANAGED;
    config.flags = LIAISON_ENGINE_AUDIO_INACTIVE;
    CHECK_STATUS(LIAISON_OK, liaison_engine_new(LIAISON_ABI, &config, &kiosk));
    config.flags = 0;
    config.capture_device = liaison_str_of("tone:440");
    config.playout_device = liaison_str_of("discard");
    CHECK_STATUS(LIAISON_OK, liaison_engine_new(LIAISON_ABI, &config, &staff));
    list_and_choose();

    token = file_text(argv[3]);
    CHECK_STATUS(LIAISON_OK, liaison_engine_sign_in(kiosk, token.data, token.length, NULL));
    token = file_text(argv[4]);
    CHECK_STATUS(LIAISON_OK, liaison_engine_sign_in(staff, token.data, token.length, NULL));
    UNTIL(kiosk_online && staff_online);
    CHECK_STATUS(LIAISON_OK, liaison_engine_start_call(kiosk, argv[5], strlen(argv[5]), NULL, &call));
    UNTIL(state == LIAISON_CALL_STATE_CONNECTED);
    UNTIL(received > 50);
    CHECK(!uses(LIAISON_DEVICE_SIDE_PLAYOUT, "pulseaudio:usb"));
    CHECK_STATUS(LIAISON_OK, liaison_engine_activate_audio(kiosk));
    UNTIL(session == LIAISON_AUDIO_SESSION_STATE_ACTIVE);
    UNTIL(uses(LIAISON_DEVICE_SIDE_PLAYOUT, "pulseaudio:usb"));
    UNTIL(uses(LIAISON_DEVICE_SIDE_CAPTURE, "pulseaudio:liaison_sink.monitor"));

    change_in_mid_call();
    interrupt();
    CHECK_STATUS(LIAISON_OK, liaison_call_hang_up(kiosk, call, NULL));
    UNTIL(state == LIAISON_CALL_STATE_DISCONNECTED);
    UNTIL(!uses(LIAISON_DEVICE_SIDE_PLAYOUT, "pulseaudio:usb"));
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(staff));
    CHECK_STATUS(LIAISON_OK, liaison_engine_free(kiosk));
    puts("ok");
    return 0;
}
