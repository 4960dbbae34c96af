/*
 * liaison.h - calls between an app's own users and the people of an organisation, from any native program.
 *
 * Liaison does not reach Microsoft Teams today: the organisation's people are those of a Liaison service
 * (liaison serve). It is not affiliated with Microsoft. It places no emergency calls.
 *
 * This file is made from crates/ffi of the project. Its comments are its manual.
 *
 *
 * A COMPLETE PROGRAM
 *
 * It calls somebody and talks through the machine's microphone and speaker until one of the two hangs up.
 * cc first_call.c $(pkg-config --cflags --libs liaison) && ./a.out https://localhost:8443 ca.pem TOKEN 8:orgid:ID
 *
 * //// first_call.c
 * #include <liaison.h>
 * #include <stdio.h>
 * #include <string.h>
 *
 * int main(int argc, char **argv)
 * {
 *     if (argc != 5)
 *         return fprintf(stderr, "usage: %s ENDPOINT CA.PEM TOKEN RAW-ID\n", argv[0]), 2;
 *
 *     static char ca[65536];   // the service's own CA; not needed when the system trusts its certificate
 *     FILE *file = fopen(argv[2], "rb");
 *     size_t ca_length = file ? fread(ca, 1, sizeof ca, file) : 0;
 *     if (file)
 *         fclose(file);
 *
 *     liaison_engine_config config;
 *     liaison_engine_config_init(&config, sizeof config);
 *     config.endpoint = liaison_str_of(argv[1]);
 *     config.ca_pem.data = ca;
 *     config.ca_pem.length = ca_length;
 *     config.display_name = liaison_str_of("Front door");
 *
 *     liaison_engine *engine = NULL;
 *     uint64_t call = 0;
 *     int talking = 1;
 *     int32_t status = liaison_engine_new(LIAISON_ABI, &config, &engine);
 *     if (status == LIAISON_OK)
 *         status = liaison_engine_sign_in(engine, argv[3], strlen(argv[3]), NULL);
 *
 *     while (status == LIAISON_OK && talking) {
 *         const liaison_event *event = liaison_engine_wait_event(engine, 1000000);
 *         if (event == NULL) {   // none within a second, or the engine cannot be used any more
 *             status = liaison_engine_status(engine);
 *             continue;
 *         }
 *         switch (event->kind) {
 *         case LIAISON_EVENT_KIND_OPERATION:   // how a command went; here, the sign-in
 *             status = event->detail.operation.status;
 *             break;
 *         case LIAISON_EVENT_KIND_CONNECTION:
 *             if (event->detail.connection.state == LIAISON_CONNECTION_STATE_CONNECTED && call == 0)
 *                 status = liaison_engine_start_call(engine, argv[4], strlen(argv[4]), NULL, &call);
 *             break;
 *         case LIAISON_EVENT_KIND_NOTICE_REQUIRED:
 *             puts("The other side would like to record this call.");
 *             status = liaison_call_notice_shown(engine, event->call, NULL);
 *             break;
 *         case LIAISON_EVENT_KIND_CALL_STATE:
 *             printf("call state %d\n", (int)event->detail.call_state.state);
 *             if (event->detail.call_state.state == LIAISON_CALL_STATE_DISCONNECTED) {
 *                 printf("ended with %u/%u: %.*s\n", (unsigned)event->detail.call_state.code,
 *                        (unsigned)event->detail.call_state.sub_code,
 *                        (int)event->detail.call_state.text.length, event->detail.call_state.text.data);
 *                 talking = 0;
 *             }
 *             break;
 *         default:   // kinds this program does not need, or does not know yet
 *             break;
 *         }
 *     }
 *     if (status != LIAISON_OK)
 *         fprintf(stderr, "%s\n", liaison_status_text(status).data);
 *     liaison_engine_free(engine);
 *     return status != LIAISON_OK;
 * }
 * //// end
 *
 *
 * STATUS   Functions return an int32_t: LIAISON_OK, which is 0, or one of the negative LIAISON_... numbers, which
 * are never used again for another meaning. An output is written on LIAISON_OK only. There is no last error.
 *
 * OBJECTS   Three things are pointers: liaison_engine, liaison_audio_port and liaison_device_list, a snapshot. Each has
 * one _free, which takes NULL too. All else is a number that is never used twice: a call that has ended gives
 * LIAISON_NOT_FOUND once it is forgotten, so that nothing can be used after it was freed.
 *
 * COMMANDS   A command that takes time returns at once, with the number of an operation. How it went is an event
 * of kind LIAISON_EVENT_KIND_OPERATION with that number.
 *
 * EVENTS   They are polled: liaison_engine_next_event, liaison_engine_wait_event. An event belongs to the library and
 * lives until the next one is asked for. What must be delivered is never lost, however long an app does not
 * poll; of several pending changes of one call's state or of one device only the newest is kept. A program that
 * has a loop of its own sleeps on liaison_engine_wake_fd, or is woken by its wake hook.
 *
 * THREADS   Every function may be called from any thread at any time, unless its "Threads" line says otherwise.
 * One thread at a time reads events; one pushes audio and one pulls it. liaison_engine_free comes last.
 *
 * HOOKS   The log hook and the wake hook run on the library's threads, with no lock of the library held. A function
 * called from inside one returns LIAISON_REENTRANT and does nothing, but those whose "Threads" line allows it.
 * After liaison_engine_free has returned no hook runs.
 *
 * TEXT   UTF-8 with a length, without a terminating zero: print it with "%.*s". Text given to the library is
 * copied; text from the library is borrowed, for as long as the function or the event says.
 *
 * STRUCTS   Those that begin with a size may grow in later versions. Set them up with their _init function, or set
 * the size to sizeof before the library fills them. A zero means the default.
 *
 * UNITS   They are in the names: _us is microseconds on the clock of liaison_monotonic_us; audio is 48 kHz, mono
 * unless two channels were asked for (audio_channels).
 *
 * TOKENS   A token names one user and comes from your own backend, which holds the resource's access key. Never
 * ship that key in an app. When LIAISON_EVENT_KIND_TOKEN_EXPIRING comes, fetch another one and hand it over with
 * liaison_engine_set_token: calls go on meanwhile.
 *
 * CONSENT   Whoever stores what people say must have told them. Announce it with liaison_call_announce_recording
 * and write the first sample only once that operation is LIAISON_OK: by then every other side has shown its
 * notice. Nobody can hold an app to it that stores what it pulls from its audio port: it is your duty, and in
 * many places the law.
*/

#ifndef LIAISON_H
#define LIAISON_H

#include <stddef.h>
#include <stdint.h>

/**
 * The version of the library this header came with; the loaded one's is liaison_version().
 */
#define LIAISON_VERSION "0.1.0"
#define LIAISON_VERSION_MAJOR 0
#define LIAISON_VERSION_MINOR 1
#define LIAISON_VERSION_PATCH 0

/**
 * The number of the binary interface this header describes.
 *
 * Pass it to liaison_engine_new, which refuses a header that does not fit the library. Within one number the
 * interface only grows: functions, constants, event kinds and trailing struct fields are added, nothing changes
 * its meaning. The shared library's SONAME carries it: libliaison.so.1 on Linux.
 */
#define LIAISON_ABI 1

/**
 * It worked. For an asynchronous command: it was accepted, and its outcome comes as an event.
 */
#define LIAISON_OK 0

/**
 * An argument is not legal: NULL where it may not be, a size that is too small, text that is not UTF-8 or too long,
 * a number out of its range, or a struct tail or reserved field that is not zero.
 */
#define LIAISON_INVALID_ARGUMENT -1

/**
 * No call (or other object) has this id: it ended and was forgotten, or it never was.
 */
#define LIAISON_NOT_FOUND -2

/**
 * The function was called from inside a hook. Return from the hook and call it then.
 */
#define LIAISON_REENTRANT -3

/**
 * The library failed internally and stopped this engine. Free it and make another; please report the log.
 */
#define LIAISON_PANIC -4

/**
 * The header the program was compiled with does not fit the loaded library: compare LIAISON_ABI and liaison_abi.
 */
#define LIAISON_ABI_MISMATCH -5

/**
 * The object is not in a state in which this can be done, such as accepting a call that has ended.
 */
#define LIAISON_INVALID_STATE -6

/**
 * Sign in first, with liaison_engine_sign_in.
 */
#define LIAISON_NOT_SIGNED_IN -7

/**
 * The token is malformed, expired, revoked or not signed by the service. Get a new one from your backend.
 */
#define LIAISON_INVALID_TOKEN -8

/**
 * The token does not allow this: ask your backend for one with the scope voip.
 */
#define LIAISON_FORBIDDEN -9

/**
 * Another thread is inside a function of which only one may run at a time. Nothing was changed.
 */
#define LIAISON_BUSY -10

/**
 * A bounded queue or table is full. Read the pending events, end calls, then try again.
 */
#define LIAISON_LIMIT_REACHED -11

/**
 * The service's certificate is not trusted: set ca_pem to the text of the service's ca.pem.
 */
#define LIAISON_UNTRUSTED -12

/**
 * The service cannot be reached: check the endpoint, the network and http_proxy.
 */
#define LIAISON_UNREACHABLE -13

/**
 * It took too long.
 */
#define LIAISON_TIMED_OUT -14

/**
 * A file or folder cannot be read or written: check data_path, or the path of the WAV file.
 */
#define LIAISON_FILE_ERROR -15

/**
 * An audio device cannot be opened or has gone: check its id, or use another audio mode.
 */
#define LIAISON_DEVICE_ERROR -16

/**
 * This build of the library, or this platform, cannot do it.
 */
#define LIAISON_UNSUPPORTED -17

/**
 * The operation was overtaken by another one, such as a sign-out during a sign-in.
 */
#define LIAISON_CANCELLED -18

/**
 * The other side speaks a protocol this library does not understand: update the older of the two.
 */
#define LIAISON_PROTOCOL_ERROR -19

/**
 * What is kept in data_path was written with another data_key, or with none. It was left as it is.
 */
#define LIAISON_WRONG_KEY -20

/**
 * Another engine, of this program or another, uses the same data_path: give each a folder of its own.
 */
#define LIAISON_IN_USE -21

/**
 * A flag of liaison_engine_config: audio waits, nothing open and a port without use, until
 * liaison_engine_activate_audio. For a phone, whose system says when the app may use audio.
 */
#define LIAISON_ENGINE_AUDIO_INACTIVE 1

/**
 * A flag of liaison_engine_config: the endpoint is Azure Communication Services behind a name of your own, for chat.
 * Hosts under communication.azure.com are known without it. That service does not look at a message's client_id, so
 * the engine looks for a message in the thread's history before it sends it again. Since: 0.1.0
 */
#define LIAISON_ENGINE_ENDPOINT_IS_ACS 2

/**
 * A flag of liaison_engine_config: each packet tells how loud its sound is and whether it is a voice, to a peer that
 * wants to know, and the peer's are believed (RFC 6464). Whoever carries the packets can read it; 4 bytes a packet.
 * Since: 0.1.0
 */
#define LIAISON_ENGINE_AUDIO_LEVEL_IN_PACKETS 4

/**
 * What an event tells, and which member of its detail holds the rest.
 *
 * A program meets kinds it does not know when the library is newer than its header: it ignores them.
 */
enum liaison_event_kind
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    /**
     * The connection to the service changed: detail.connection.
     */
    LIAISON_EVENT_KIND_CONNECTION = 1,
    /**
     * An asynchronous command has been carried out, or could not be: operation, detail.operation.
     */
    LIAISON_EVENT_KIND_OPERATION = 2,
    /**
     * The token expires soon: fetch another, call liaison_engine_set_token. detail.token_expiring.
     */
    LIAISON_EVENT_KIND_TOKEN_EXPIRING = 3,
    /**
     * Somebody calls: call, detail.incoming_call.
     */
    LIAISON_EVENT_KIND_INCOMING_CALL = 4,
    /**
     * A call's state changed; only the newest pending change of a call is delivered: call, detail.call_state.
     */
    LIAISON_EVENT_KIND_CALL_STATE = 5,
    /**
     * The other side muted or unmuted itself: call, detail.remote_muted.
     */
    LIAISON_EVENT_KIND_REMOTE_MUTED = 6,
    /**
     * The other side will record once everyone has acknowledged: show it to the user, then call
     * liaison_call_notice_shown. call, detail.notice_required.
     */
    LIAISON_EVENT_KIND_NOTICE_REQUIRED = 7,
    /**
     * The call's recording state, as the service holds it: call, detail.recording.
     */
    LIAISON_EVENT_KIND_RECORDING = 8,
    /**
     * The media between the two sides: call, detail.media.
     */
    LIAISON_EVENT_KIND_MEDIA = 9,
    /**
     * A device failed or came back; calls go on, with silence meanwhile: detail.device.
     */
    LIAISON_EVENT_KIND_DEVICE = 10,
    /**
     * Once a second for each connected call: call, detail.statistics. Dropped when the app does not poll.
     */
    LIAISON_EVENT_KIND_STATISTICS = 11,
    /**
     * Droppable events were dropped because the app did not poll: detail.overflow.
     */
    LIAISON_EVENT_KIND_OVERFLOW = 12,
    /**
     * The engine has stopped after an internal error. Its last event: free it. No detail.
     */
    LIAISON_EVENT_KIND_POISONED = 13,
    /**
     * The other side pressed a key: call, detail.dtmf.
     */
    LIAISON_EVENT_KIND_DTMF = 14,
    /**
     * The other side began or ceased to speak: call, detail.speaking_changed.
     */
    LIAISON_EVENT_KIND_SPEAKING_CHANGED = 15,
    /**
     * How loud the call is, as often as level_events_us of the config says: call, detail.audio_levels. Dropped when the
     * app does not poll.
     */
    LIAISON_EVENT_KIND_AUDIO_LEVELS = 16,
    /**
     * A microphone or speaker came, went or became the default: detail.audio_device.
     */
    LIAISON_EVENT_KIND_AUDIO_DEVICE = 17,
    /**
     * The engine uses another device, calls going on: detail.audio_route.
     */
    LIAISON_EVENT_KIND_AUDIO_ROUTE = 18,
    /**
     * Audio was paused or goes on, as the app told: detail.audio_session.
     */
    LIAISON_EVENT_KIND_AUDIO_SESSION = 19,
    /**
     * Of all calls, this one's other side has the floor now; it keeps it in silence, and against coughs and short
     * answers: call. No detail.
     */
    LIAISON_EVENT_KIND_DOMINANT_SPEAKER_CHANGED = 20,
    /**
     * A command of chat has been carried out, or could not be: operation, detail.chat_result.
     */
    LIAISON_EVENT_KIND_CHAT_RESULT = 21,
    /**
     * Something happened in a chat thread: detail.chat_event. Call liaison_chat_acknowledge when it is dealt with;
     * with a data_path it comes again in the app's next run until then.
     */
    LIAISON_EVENT_KIND_CHAT_EVENT = 22,
    /**
     * Events of a chat thread will not come: detail.chat_missed.
     */
    LIAISON_EVENT_KIND_CHAT_MISSED = 23,
    /**
     * A command of chat is on disk, in data_path: it is carried out even when the app ends now. operation,
     * detail.chat_queued.
     */
    LIAISON_EVENT_KIND_CHAT_QUEUED = 24,
};
#ifndef __cplusplus
typedef int32_t liaison_event_kind;
#endif // __cplusplus

/**
 * The connection to the service.
 */
enum liaison_connection_state
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    /**
     * Not signed in, or refused: nothing is tried until a new token comes.
     */
    LIAISON_CONNECTION_STATE_DISCONNECTED = 0,
    /**
     * Trying, at first or again. Calls that have media go on.
     */
    LIAISON_CONNECTION_STATE_CONNECTING = 1,
    /**
     * Signed in.
     */
    LIAISON_CONNECTION_STATE_CONNECTED = 2,
};
#ifndef __cplusplus
typedef int32_t liaison_connection_state;
#endif // __cplusplus

/**
 * The state of a call, as in the Azure Communication Services calling API.
 */
enum liaison_call_state
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    /**
     * Not started.
     */
    LIAISON_CALL_STATE_NONE = 0,
    /**
     * On its way to the other side.
     */
    LIAISON_CALL_STATE_CONNECTING = 1,
    /**
     * The other side's devices ring; or, for an incoming call, this one does.
     */
    LIAISON_CALL_STATE_RINGING = 2,
    /**
     * Something is heard before the call is answered.
     */
    LIAISON_CALL_STATE_EARLY_MEDIA = 3,
    /**
     * Answered.
     */
    LIAISON_CALL_STATE_CONNECTED = 4,
    /**
     * Held by this side.
     */
    LIAISON_CALL_STATE_LOCAL_HOLD = 5,
    /**
     * Held by the other side.
     */
    LIAISON_CALL_STATE_REMOTE_HOLD = 6,
    /**
     * Waiting to be let in.
     */
    LIAISON_CALL_STATE_IN_LOBBY = 7,
    /**
     * Hanging up.
     */
    LIAISON_CALL_STATE_DISCONNECTING = 8,
    /**
     * Over. The last state.
     */
    LIAISON_CALL_STATE_DISCONNECTED = 9,
};
#ifndef __cplusplus
typedef int32_t liaison_call_state;
#endif // __cplusplus

/**
 * Recording of a call, as the service holds it.
 */
enum liaison_recording_state
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    /**
     * Nobody records.
     */
    LIAISON_RECORDING_STATE_NONE = 0,
    /**
     * Announced; not everyone has acknowledged yet, so nothing may be written.
     */
    LIAISON_RECORDING_STATE_ANNOUNCED = 1,
    /**
     * Everyone has acknowledged: the announcer may write what it hears from now on.
     */
    LIAISON_RECORDING_STATE_ACTIVE = 2,
    /**
     * Somebody did not acknowledge in time: nothing may be written.
     */
    LIAISON_RECORDING_STATE_REFUSED = 3,
    /**
     * Over.
     */
    LIAISON_RECORDING_STATE_ENDED = 4,
};
#ifndef __cplusplus
typedef int32_t liaison_recording_state;
#endif // __cplusplus

/**
 * The media between the two sides of a call.
 */
enum liaison_media_state
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    /**
     * ICE and DTLS-SRTP are set up.
     */
    LIAISON_MEDIA_STATE_CONNECTED = 1,
    /**
     * Nothing has come for reconnect_after_us.
     */
    LIAISON_MEDIA_STATE_INTERRUPTED = 2,
    /**
     * Packets come again.
     */
    LIAISON_MEDIA_STATE_RESTORED = 3,
};
#ifndef __cplusplus
typedef int32_t liaison_media_state;
#endif // __cplusplus

/**
 * Which device.
 */
enum liaison_device_side
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    /**
     * The microphone.
     */
    LIAISON_DEVICE_SIDE_CAPTURE = 1,
    /**
     * The speaker.
     */
    LIAISON_DEVICE_SIDE_PLAYOUT = 2,
};
#ifndef __cplusplus
typedef int32_t liaison_device_side;
#endif // __cplusplus

/**
 * What happened to a device.
 */
enum liaison_device_change
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    /**
     * It was plugged in.
     */
    LIAISON_DEVICE_CHANGE_ADDED = 1,
    /**
     * It was unplugged.
     */
    LIAISON_DEVICE_CHANGE_REMOVED = 2,
    /**
     * It is the default now.
     */
    LIAISON_DEVICE_CHANGE_DEFAULT_CHANGED = 3,
};
#ifndef __cplusplus
typedef int32_t liaison_device_change;
#endif // __cplusplus

/**
 * Why the engine uses another device.
 */
enum liaison_route_cause
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    /**
     * The app chose it.
     */
    LIAISON_ROUTE_CAUSE_SELECTED = 1,
    /**
     * The one in use was lost; with no other to take its place there is silence.
     */
    LIAISON_ROUTE_CAUSE_LOST = 2,
    /**
     * The chosen one, or any after there was none, is there again.
     */
    LIAISON_ROUTE_CAUSE_RETURNED = 3,
    /**
     * The default is followed, and it is another one now.
     */
    LIAISON_ROUTE_CAUSE_DEFAULT_CHANGED = 4,
};
#ifndef __cplusplus
typedef int32_t liaison_route_cause;
#endif // __cplusplus

/**
 * Whether audio may be used, as the app told.
 */
enum liaison_audio_session_state
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    /**
     * Not activated: nothing is open, calls go on in silence.
     */
    LIAISON_AUDIO_SESSION_STATE_INACTIVE = 0,
    /**
     * Audio may be used.
     */
    LIAISON_AUDIO_SESSION_STATE_ACTIVE = 1,
    /**
     * The system has interrupted it: nothing is open, calls go on in silence.
     */
    LIAISON_AUDIO_SESSION_STATE_INTERRUPTED = 2,
};
#ifndef __cplusplus
typedef int32_t liaison_audio_session_state;
#endif // __cplusplus

/**
 * What a message is.
 */
enum liaison_chat_message_kind
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    /**
     * Plain text by a participant.
     */
    LIAISON_CHAT_MESSAGE_KIND_TEXT = 1,
    /**
     * HTML by a participant; the service has taken out what is not harmless.
     */
    LIAISON_CHAT_MESSAGE_KIND_HTML = 2,
    /**
     * By the service: the topic was set. content is the topic.
     */
    LIAISON_CHAT_MESSAGE_KIND_TOPIC_UPDATED = 3,
    /**
     * By the service: somebody was added. participants says who.
     */
    LIAISON_CHAT_MESSAGE_KIND_PARTICIPANT_ADDED = 4,
    /**
     * By the service: somebody was removed. participants says who.
     */
    LIAISON_CHAT_MESSAGE_KIND_PARTICIPANT_REMOVED = 5,
};
#ifndef __cplusplus
typedef int32_t liaison_chat_message_kind;
#endif // __cplusplus

/**
 * What an attachment is.
 */
enum liaison_chat_attachment_kind
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    /**
     * A picture that is shown in the message: PNG, JPEG, GIF or WebP.
     */
    LIAISON_CHAT_ATTACHMENT_KIND_IMAGE = 1,
    /**
     * Any file, to be downloaded.
     */
    LIAISON_CHAT_ATTACHMENT_KIND_FILE = 2,
};
#ifndef __cplusplus
typedef int32_t liaison_chat_attachment_kind;
#endif // __cplusplus

/**
 * What happened in a thread. The names are those of the Azure Communication Services chat API.
 */
enum liaison_chat_event_kind
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    /**
     * A participant sent a message; everyone is told, the sender too: message.
     */
    LIAISON_CHAT_EVENT_KIND_CHAT_MESSAGE_RECEIVED = 1,
    /**
     * A message was changed: message, as it is now.
     */
    LIAISON_CHAT_EVENT_KIND_CHAT_MESSAGE_EDITED = 2,
    /**
     * A message was deleted: message, what is left of it.
     */
    LIAISON_CHAT_EVENT_KIND_CHAT_MESSAGE_DELETED = 3,
    /**
     * Somebody writes: by. It has no sequence, and is dropped when the app does not poll.
     */
    LIAISON_CHAT_EVENT_KIND_TYPING_INDICATOR_RECEIVED = 4,
    /**
     * Somebody has read: receipt.
     */
    LIAISON_CHAT_EVENT_KIND_READ_RECEIPT_RECEIVED = 5,
    /**
     * The thread was created: topic, participants.
     */
    LIAISON_CHAT_EVENT_KIND_CHAT_THREAD_CREATED = 6,
    /**
     * The topic or another property changed: topic, as it is now.
     */
    LIAISON_CHAT_EVENT_KIND_CHAT_THREAD_PROPERTIES_UPDATED = 7,
    /**
     * The thread is gone, and its history with it. by is empty when its retention did it.
     */
    LIAISON_CHAT_EVENT_KIND_CHAT_THREAD_DELETED = 8,
    /**
     * Somebody was added: participants.
     */
    LIAISON_CHAT_EVENT_KIND_PARTICIPANTS_ADDED = 9,
    /**
     * Somebody was removed: participants.
     */
    LIAISON_CHAT_EVENT_KIND_PARTICIPANTS_REMOVED = 10,
};
#ifndef __cplusplus
typedef int32_t liaison_chat_event_kind;
#endif // __cplusplus

/**
 * What kind of party a raw id names.
 */
enum liaison_identifier_kind
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    /**
     * None of the kinds below; it can still be passed on.
     */
    LIAISON_IDENTIFIER_KIND_UNKNOWN = 0,
    /**
     * A user of an app, "8:acs:RESOURCE_USER".
     */
    LIAISON_IDENTIFIER_KIND_COMMUNICATION_USER = 1,
    /**
     * A telephone number, "4:+NUMBER".
     */
    LIAISON_IDENTIFIER_KIND_PHONE_NUMBER = 2,
    /**
     * A Teams user, "8:orgid:OBJECT-ID".
     */
    LIAISON_IDENTIFIER_KIND_MICROSOFT_TEAMS_USER = 3,
    /**
     * A Teams app (bot), "28:orgid:APP-ID".
     */
    LIAISON_IDENTIFIER_KIND_MICROSOFT_TEAMS_APP = 4,
    /**
     * A Teams user who signed in through an app's resource, "8:acs:RESOURCE_TENANT_USER".
     */
    LIAISON_IDENTIFIER_KIND_TEAMS_EXTENSION_USER = 5,
};
#ifndef __cplusplus
typedef int32_t liaison_identifier_kind;
#endif // __cplusplus

/**
 * The cloud a Microsoft party lives in.
 */
enum liaison_cloud
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    /**
     * The public one; also when the kind has none.
     */
    LIAISON_CLOUD_PUBLIC = 0,
    /**
     * The United States Department of Defense's.
     */
    LIAISON_CLOUD_DOD = 1,
    /**
     * The United States government community's, high.
     */
    LIAISON_CLOUD_GCCH = 2,
};
#ifndef __cplusplus
typedef int32_t liaison_cloud;
#endif // __cplusplus

/**
 * Who owns the microphone and the speaker.
 */
enum liaison_audio_mode
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    /**
     * The engine opens and closes the system's devices as calls need them. The default.
     */
    LIAISON_AUDIO_MODE_MANAGED = 0,
    /**
     * The app owns the devices: it pushes what it captured and pulls what it plays (liaison_audio_port).
     */
    LIAISON_AUDIO_MODE_EXTERNAL = 1,
    /**
     * No audio: nothing is captured, what comes is counted and dropped.
     */
    LIAISON_AUDIO_MODE_NONE = 2,
};
#ifndef __cplusplus
typedef int32_t liaison_audio_mode;
#endif // __cplusplus

/**
 * How severe a log line is.
 */
enum liaison_log_level
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    /**
     * Something failed that the app should know of.
     */
    LIAISON_LOG_LEVEL_ERROR = 1,
    /**
     * Something odd that was dealt with. The default.
     */
    LIAISON_LOG_LEVEL_WARN = 2,
    /**
     * The milestones of a connection and of a call.
     */
    LIAISON_LOG_LEVEL_INFO = 3,
    /**
     * What an engineer of Liaison would want to see.
     */
    LIAISON_LOG_LEVEL_DEBUG = 4,
    /**
     * Everything.
     */
    LIAISON_LOG_LEVEL_TRACE = 5,
};
#ifndef __cplusplus
typedef int32_t liaison_log_level;
#endif // __cplusplus

/**
 * Whether a part of the processing of the microphone's sound is on.
 */
enum liaison_processing_mode
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    /**
     * On for a microphone of the machine; off for files, tones and silence, and for a device that the app owns, as
     * phones cancel echo in their own call session. The default.
     */
    LIAISON_PROCESSING_MODE_AUTO = 0,
    /**
     * On, whatever the sound's source is.
     */
    LIAISON_PROCESSING_MODE_ON = 1,
    /**
     * Off, whatever the sound's source is.
     */
    LIAISON_PROCESSING_MODE_OFF = 2,
};
#ifndef __cplusplus
typedef int32_t liaison_processing_mode;
#endif // __cplusplus

/**
 * The app's side of an app-owned microphone and speaker: 48 kHz, mono, or stereo where liaison_engine_config says so in
 * audio_channels. A count is one of samples of each channel; of two channels twice as many numbers are exchanged, left
 * and right in turn.
 *
 * Got from liaison_engine_audio_port, freed by liaison_audio_port_free. The port is the clock of the calls' audio:
 * push and pull 10 ms (480 samples) every 10 ms, or what the device's callback asks for.
 */
typedef struct liaison_audio_port liaison_audio_port;

/**
 * Devices as they were when the list was made: microphones first.
 *
 * Got from liaison_engine_list_devices or liaison_engine_current_devices, freed by liaison_device_list_free. It never
 * changes, so any number of threads may read it.
 */
typedef struct liaison_device_list liaison_device_list;

/**
 * One endpoint: it signs in as one user, calls and is called.
 *
 * Made by liaison_engine_new, freed by liaison_engine_free.
 */
typedef struct liaison_engine liaison_engine;

/**
 * UTF-8 text: length bytes at data, without a terminating zero (print it with "%.*s").
 *
 * As an input, NULL with length 0 is the empty text, and the bytes are copied before the function returns.
 * As an output it is borrowed: the function or the event that carries it says how long it lives.
 */
typedef struct liaison_str {
    /**
     * The bytes; may be NULL only when length is 0.
     */
    const char *data;
    /**
     * How many bytes; at most 1 MiB as an input.
     */
    size_t length;
} liaison_str;

/**
 * Gets one log line: its level (liaison_log_level) and its text, which lives until the hook returns and holds no
 * token and nobody's words.
 *
 * It runs on the engine's threads, on several at once if need be, never on an audio thread. Every call of it into
 * the engine returns LIAISON_REENTRANT.
 */
typedef void (*liaison_log_hook)(void *user, int32_t level, struct liaison_str line);

/**
 * Says "poll me": events are pending. Coalesced: it comes again only after the app has found nothing pending.
 *
 * It runs on the engine's threads and should only wake the app's own loop. Every call of it into the engine
 * returns LIAISON_REENTRANT.
 */
typedef void (*liaison_wake_hook)(void *user);

/**
 * Everything an engine is told at creation. Set it up with liaison_engine_config_init; zero means default.
 *
 * All text is copied by liaison_engine_new.
 */
typedef struct liaison_engine_config {
    /**
     * The size of this struct in bytes, as liaison_engine_config_init was told.
     */
    size_t size;
    /**
     * The service: "https://host" or "https://host:port". Required.
     */
    struct liaison_str endpoint;
    /**
     * Certificates in PEM to trust instead of the platform's own: the text of the service's ca.pem, when the
     * service made its own CA. Default: the platform's.
     */
    struct liaison_str ca_pem;
    /**
     * A proxy that allows CONNECT: "http://host:port". Default: connect directly.
     */
    struct liaison_str http_proxy;
    /**
     * The name shown to the people called, at most 256 bytes; a member of staff is shown with the directory's. Default:
     * none.
     */
    struct liaison_str display_name;
    /**
     * A folder of the app's own, made if need be, for what the engine keeps: chat's commands that wait, and how far the
     * app has come in each chat thread. One engine at a time uses it. Default: nothing is kept.
     */
    struct liaison_str data_path;
    /**
     * Gets the engine's log lines. Default: nothing is logged.
     */
    liaison_log_hook log_hook;
    /**
     * Handed to log_hook as it is; the engine never looks through it. May be NULL.
     */
    void *log_user;
    /**
     * Says "poll me". Default: none; poll, wait, or use the descriptor.
     */
    liaison_wake_hook wake_hook;
    /**
     * Handed to wake_hook as it is; the engine never looks through it. May be NULL.
     */
    void *wake_user;
    /**
     * The least severe level that is logged: 1 to 5 of liaison_log_level. Default: 2, warnings.
     */
    int32_t log_level;
    /**
     * Who owns the microphone and the speaker: 0 to 2 of liaison_audio_mode. Default: 0, managed.
     */
    int32_t audio_mode;
    /**
     * Managed audio only: where the voice comes from. Empty: the system's default microphone.
     * "wav:PATH" plays a WAV file once in real time, then silence; "tone:HZ" a sine; "silence" nothing.
     * Anything else is the id or name of a device; "device:NAME" for one whose name looks like one of these.
     */
    struct liaison_str capture_device;
    /**
     * Managed audio only: where the peer is heard. Empty: the system's default speaker.
     * "wav:PATH" writes a WAV file, 48 kHz 16 bits (recording what a person says needs their consent: see
     * liaison_call_announce_recording); "discard" nothing. Anything else is the id or name of a device;
     * "device:NAME" for one whose name looks like one of these.
     */
    struct liaison_str playout_device;
    /**
     * Local addresses for media, "IP:port" separated by commas, port 0 for any; at most 16.
     * Default: every usable interface.
     */
    struct liaison_str media_bind;
    /**
     * The address that peers are told instead of the local ones, "IP:port": for a forwarded port. Default: none.
     */
    struct liaison_str media_advertise;
    /**
     * Silence on the network after which a call is reported as interrupted, 100000 to 3600000000 us.
     * Default: 3 s.
     */
    int64_t reconnect_after_us;
    /**
     * Silence on the network after which a call ends with 410, 100000 to 3600000000 us. Default: 60 s.
     */
    int64_t media_lost_after_us;
    /**
     * Ringing after which an unanswered call ends with 487, 100000 to 3600000000 us. Default: 85 s.
     */
    int64_t no_answer_after_us;
    /**
     * How long before its expiry a token is reported as expiring, 100000 to 3600000000 us. Default: 120 s.
     */
    int64_t token_refresh_before_us;
    /**
     * Any of LIAISON_ENGINE_AUDIO_INACTIVE, LIAISON_ENGINE_ENDPOINT_IS_ACS and LIAISON_ENGINE_AUDIO_LEVEL_IN_PACKETS;
     * every other bit must be 0. Default: none.
     */
    uint64_t flags;
    /**
     * Echo cancellation of the microphone: 0 to 2 of liaison_processing_mode; see liaison_engine_set_processing.
     * Default: 0, on for a microphone of the machine.
     */
    int32_t echo_cancellation;
    /**
     * Noise suppression: 0 to 2 of liaison_processing_mode. Default: 0.
     */
    int32_t noise_suppression;
    /**
     * Gain control: 0 to 2 of liaison_processing_mode. Default: 0.
     */
    int32_t gain_control;
    /**
     * Must be 0.
     */
    int32_t reserved;
    /**
     * How often LIAISON_EVENT_KIND_AUDIO_LEVELS comes for each call, 20000 to 10000000 us. Default: never.
     */
    int64_t level_events_us;
    /**
     * The most that is sent: Opus and its redundancy at this rate in packets of 20 ms, 6000 to 128000 bit/s. With
     * headers that is 25600 bit/s more on the network (33600 with IPv6), which longer or shorter packets do not exceed.
     * Less is sent where the network carries less. Default: 32000. Since: 0.1.0
     */
    int32_t audio_max_bitrate_bps;
    /**
     * 1: the sound is music and is coded for faithfulness; 0: it is speech. Since: 0.1.0
     */
    int32_t audio_music;
    /**
     * 32 bytes that encrypt what is in data_path, copied; the app keeps them, in the system's key store for instance.
     * NULL: it is not encrypted. With another key than before the folder is refused and stays as it is. Since: 0.1.0
     */
    const uint8_t *data_key;
    /**
     * Channels of the sound, of the audio port's samples and of recordings: 1 or 2, left and right interleaved. With 2,
     * what is heard has two; what is captured is sent in two to a peer that asks for them, unless echo, noise or gain is
     * switched on: that makes the microphone mono (for a microphone of the machine it is on by default). To and from a
     * peer of one channel both sides of it are the same. Two channels are sent at 64000 bit/s by default.
     * Default: 1. Since: 0.1.0
     */
    int32_t audio_channels;
    /**
     * Sound in one packet that is sent, always: 2500, 5000, 10000, 20000, 40000, 60000, 80000, 100000 or 120000 us. Under
     * 10000 the packets' headers come on top of audio_max_bitrate_bps: some 200 kbit/s at 2500. Default: what the network
     * and the machine are good for, 10000 to 60000. Since: 0.1.0
     */
    int32_t audio_packet_time_us;
} liaison_engine_config;

/**
 * What a call is started with. Set it up with liaison_call_options_init; zero means default.
 */
typedef struct liaison_call_options {
    /**
     * The size of this struct in bytes, as liaison_call_options_init was told.
     */
    size_t size;
    /**
     * Must be 0.
     */
    uint64_t flags;
} liaison_call_options;

/**
 * The detail of LIAISON_EVENT_KIND_CONNECTION.
 */
typedef struct liaison_connection_event {
    /**
     * What it is now.
     */
    liaison_connection_state state;
    /**
     * Why, in words; empty when it needs none.
     */
    struct liaison_str text;
} liaison_connection_event;

/**
 * The detail of LIAISON_EVENT_KIND_OPERATION; the event's operation is the number the command gave.
 */
typedef struct liaison_operation_event {
    /**
     * LIAISON_OK, or why it could not be carried out.
     */
    int32_t status;
    /**
     * What happened and what to do, in words; empty on success.
     */
    struct liaison_str text;
} liaison_operation_event;

/**
 * The detail of LIAISON_EVENT_KIND_TOKEN_EXPIRING.
 */
typedef struct liaison_token_expiring_event {
    /**
     * How long it is still good for, by this machine's clock; 0 when it has expired.
     */
    int64_t remaining_us;
} liaison_token_expiring_event;

/**
 * The detail of LIAISON_EVENT_KIND_INCOMING_CALL.
 */
typedef struct liaison_incoming_call_event {
    /**
     * The caller's raw id.
     */
    struct liaison_str caller;
    /**
     * The name the service gave for the caller; may be empty. The directory's for a member of staff. An app's user is
     * shown to staff as external, with the label their tenant chose: "Kiosk 7 (Unverified)". Chats show the same.
     */
    struct liaison_str display_name;
} liaison_incoming_call_event;

/**
 * The detail of LIAISON_EVENT_KIND_CALL_STATE.
 */
typedef struct liaison_call_state_event {
    /**
     * What it is now.
     */
    liaison_call_state state;
    /**
     * Disconnected only: why, as in the end-code table of the README (such as 403 for a refused federation).
     */
    uint32_t code;
    /**
     * Disconnected only: the finer reason (such as 5223 for a refused federation).
     */
    uint32_t sub_code;
    /**
     * Disconnected only: the reason in words.
     */
    struct liaison_str text;
} liaison_call_state_event;

/**
 * The detail of LIAISON_EVENT_KIND_REMOTE_MUTED.
 */
typedef struct liaison_remote_muted_event {
    /**
     * 1 when the other side is muted now, else 0.
     */
    int32_t muted;
} liaison_remote_muted_event;

/**
 * The detail of LIAISON_EVENT_KIND_NOTICE_REQUIRED.
 */
typedef struct liaison_notice_required_event {
    /**
     * Who will record: a raw id.
     */
    struct liaison_str by;
} liaison_notice_required_event;

/**
 * The detail of LIAISON_EVENT_KIND_RECORDING.
 */
typedef struct liaison_recording_event {
    /**
     * What it is now.
     */
    liaison_recording_state state;
    /**
     * Who records: a raw id.
     */
    struct liaison_str by;
} liaison_recording_event;

/**
 * The detail of LIAISON_EVENT_KIND_MEDIA.
 */
typedef struct liaison_media_event {
    /**
     * What it is now.
     */
    liaison_media_state state;
} liaison_media_event;

/**
 * The detail of LIAISON_EVENT_KIND_DEVICE.
 */
typedef struct liaison_device_event {
    /**
     * Which device.
     */
    liaison_device_side side;
    /**
     * What happened and what to do, in words.
     */
    struct liaison_str text;
} liaison_device_event;

/**
 * The figures of one call since its start, named after W3C webrtc-stats where it has a name.
 *
 * As an output of liaison_call_get_stats its size field must be set before; in an event the library sets it.
 */
typedef struct liaison_call_stats {
    /**
     * The size of this struct in bytes.
     */
    size_t size;
    /**
     * From the start (or acceptance) of the call to the end of its DTLS handshake; -1 before.
     */
    int64_t setup_us;
    /**
     * From the start (or acceptance) of the call to the first decoded audio handed to the playout; -1 before.
     */
    int64_t first_audio_us;
    /**
     * RTP packets handed to the network.
     */
    uint64_t packets_sent;
    /**
     * RTP packets that came.
     */
    uint64_t packets_received;
    /**
     * RTP packets that never came (RFC 3550, 6.4.1); negative when some came twice.
     */
    int64_t packets_lost;
    /**
     * Packets that came too late to be played, or twice.
     */
    uint64_t packets_discarded;
    /**
     * Interarrival jitter (RFC 3550, 6.4.1).
     */
    int64_t jitter_us;
    /**
     * Round trip, measured by RTCP; -1 until one was measured.
     */
    int64_t round_trip_us;
    /**
     * The part of our packets that the peer lost, in its last report: 0 to 1.
     */
    double remote_fraction_lost;
    /**
     * Samples at 48 kHz handed to the playout.
     */
    uint64_t total_samples_received;
    /**
     * Of those, made up because no packet came in time.
     */
    uint64_t concealed_samples;
    /**
     * Times a concealment began.
     */
    uint64_t concealment_events;
    /**
     * Mean time that audio waited in the jitter buffer.
     */
    int64_t jitter_buffer_delay_us;
    /**
     * What the jitter buffer aims at now.
     */
    int64_t jitter_buffer_target_delay_us;
    /**
     * Times the speaker had nothing to play.
     */
    uint64_t playout_underruns;
    /**
     * When the first captured sample that was sent was captured, on liaison_monotonic_us's clock; -1 before.
     */
    int64_t first_captured_us;
    /**
     * When the first sample of the call was (to be) played, on liaison_monotonic_us's clock; -1 before.
     */
    int64_t first_played_us;
    /**
     * Level of what is sent, in -dBov (RFC 6464): 0 is full scale, 127 is silence.
     */
    int32_t sent_level_dbov;
    /**
     * Level of what is heard, in -dBov (RFC 6464): 0 is full scale, 127 is silence.
     */
    int32_t received_level_dbov;
    /**
     * Times the microphone brought more than was taken in time.
     */
    uint64_t capture_overruns;
    /**
     * How late the audio thread woke, half of the times: by no more than this.
     */
    int64_t wake_lateness_p50_us;
    /**
     * How late it woke, 99 % of the times: by no more than this.
     */
    int64_t wake_lateness_p99_us;
    /**
     * How late it woke, 99.9 % of the times: by no more than this.
     */
    int64_t wake_lateness_p999_us;
    /**
     * The delay of speaker and microphone together, as their times tell it; -1 while echo is not cancelled.
     */
    int64_t device_delay_us;
    /**
     * How much weaker the echo is than what is played, in dB; 0 while echo is not cancelled.
     */
    double echo_return_loss_db;
    /**
     * How much of the echo the canceller's linear filter takes away, in dB; 0 while echo is not cancelled.
     */
    double echo_return_loss_enhancement_db;
    /**
     * 1 while echo is cancelled: it is switched on, and the times of both devices are known. Else 0.
     */
    int32_t echo_cancelled;
    /**
     * 0.
     */
    int32_t reserved;
    /**
     * Glitches (xruns) of the microphone that the audio system itself reported, since it was opened.
     */
    uint64_t capture_glitches;
    /**
     * Glitches (xruns) of the speaker that the audio system itself reported, since it was opened.
     */
    uint64_t playout_glitches;
    /**
     * What the encoder is set to now, its own redundancy included, in bit/s; 0 before there is sound. Since: 0.1.0
     */
    int64_t target_bitrate_bps;
    /**
     * What the network is thought to carry of ours, IP packets with all headers, in bit/s, and no more than the engine
     * would send at most; -1 until the peer has reported on packets, or when it never does. Since: 0.1.0
     */
    int64_t available_outgoing_bitrate_bps;
    /**
     * Sound in one packet that is sent now; 0 before. Since: 0.1.0
     */
    int64_t packet_time_us;
    /**
     * Samples at 48 kHz that were heard from Opus' in-band copies of lost packets. Since: 0.1.0
     */
    uint64_t fec_samples;
    /**
     * Samples that were heard from redundant audio data (RFC 2198). Since: 0.1.0
     */
    uint64_t red_samples;
    /**
     * Samples that were heard from deep redundancy (DRED). Since: 0.1.0
     */
    uint64_t dred_samples;
    /**
     * Copies of earlier packets sent in later ones (RFC 2198). Since: 0.1.0
     */
    uint64_t red_blocks_sent;
} liaison_call_stats;

/**
 * The detail of LIAISON_EVENT_KIND_OVERFLOW.
 */
typedef struct liaison_overflow_event {
    /**
     * How many events were dropped since the last such event.
     */
    uint64_t dropped;
} liaison_overflow_event;

/**
 * The detail of LIAISON_EVENT_KIND_DTMF.
 */
typedef struct liaison_dtmf_event {
    /**
     * The key: one of the characters 0 to 9, *, #, A to D.
     */
    int32_t tone;
} liaison_dtmf_event;

/**
 * The detail of LIAISON_EVENT_KIND_SPEAKING_CHANGED.
 */
typedef struct liaison_speaking_changed_event {
    /**
     * 1 when the other side speaks now, else 0. It comes within 150 ms of the first sound, and 500 ms after the last.
     */
    int32_t speaking;
} liaison_speaking_changed_event;

/**
 * The detail of LIAISON_EVENT_KIND_AUDIO_LEVELS: the loudest 10 ms since the last such event of the call.
 */
typedef struct liaison_audio_levels_event {
    /**
     * Level of what was sent, in -dBov (RFC 6464): 0 is full scale, 127 is silence.
     */
    int32_t sent_level_dbov;
    /**
     * Level of what was heard, in -dBov (RFC 6464): 0 is full scale, 127 is silence.
     */
    int32_t received_level_dbov;
} liaison_audio_levels_event;

/**
 * The detail of LIAISON_EVENT_KIND_AUDIO_DEVICE. A newer change of the same device takes the place of a pending one.
 */
typedef struct liaison_audio_device_event {
    /**
     * What happened.
     */
    liaison_device_change change;
    /**
     * Microphone or speaker.
     */
    liaison_device_side side;
    /**
     * 1 when it is the system's default, else 0; after a removal, whether it was.
     */
    int32_t is_default;
    /**
     * What to choose it by.
     */
    struct liaison_str id;
    /**
     * Its name for people.
     */
    struct liaison_str name;
} liaison_audio_device_event;

/**
 * The detail of LIAISON_EVENT_KIND_AUDIO_ROUTE. Of several pending changes of a side only the newest is delivered, from
 * where the first began.
 */
typedef struct liaison_audio_route_event {
    /**
     * Microphone or speaker.
     */
    liaison_device_side side;
    /**
     * Why.
     */
    liaison_route_cause cause;
    /**
     * The id of what was in use; empty when nothing was.
     */
    struct liaison_str from_id;
    /**
     * Its name for people.
     */
    struct liaison_str from_name;
    /**
     * The id of what is in use now; empty when there is no device, and silence until there is one.
     */
    struct liaison_str to_id;
    /**
     * Its name for people.
     */
    struct liaison_str to_name;
} liaison_audio_route_event;

/**
 * The detail of LIAISON_EVENT_KIND_AUDIO_SESSION.
 */
typedef struct liaison_audio_session_event {
    /**
     * What it is now.
     */
    liaison_audio_session_state state;
} liaison_audio_session_event;

/**
 * A name and a value of the app's, attached to a thread or a message. All of one's are at most 1024 bytes.
 */
typedef struct liaison_chat_metadata {
    /**
     * The name.
     */
    struct liaison_str name;
    /**
     * The value; may be empty.
     */
    struct liaison_str value;
} liaison_chat_metadata;

/**
 * A thread, as a list or its properties tell it.
 */
typedef struct liaison_chat_thread {
    /**
     * The size of this struct in bytes as the library knows it: a field beyond it is not there.
     */
    size_t size;
    /**
     * Its id, "19:...@thread.v2".
     */
    struct liaison_str id;
    /**
     * What it is about.
     */
    struct liaison_str topic;
    /**
     * Who created it: a raw id; empty in a list.
     */
    struct liaison_str created_by;
    /**
     * When it was created, in ms since 1970-01-01T00:00:00Z; 0 in a list.
     */
    int64_t created_unix_ms;
    /**
     * When it was deleted, in ms since 1970; 0 when it was not.
     */
    int64_t deleted_unix_ms;
    /**
     * When its newest message came, in ms since 1970; 0 when there is none, and outside lists.
     */
    int64_t last_message_unix_ms;
    /**
     * Days after its creation at which it is deleted by itself; 0 for never, and in a list.
     */
    int32_t retention_days;
    /**
     * Must be ignored.
     */
    int32_t reserved;
    /**
     * The app's own: an array; NULL when there is none, and in a list. Since: 0.1.0
     */
    const struct liaison_chat_metadata *metadata;
    /**
     * How many.
     */
    size_t metadata_count;
} liaison_chat_thread;

/**
 * A participant of a thread.
 */
typedef struct liaison_chat_participant {
    /**
     * The size of this struct in bytes as the library knows it: a field beyond it is not there.
     */
    size_t size;
    /**
     * Who: a raw id.
     */
    struct liaison_str raw_id;
    /**
     * The name to show; may be empty. See liaison_incoming_call_event; an app's user has the name that whoever added them
     * gave.
     */
    struct liaison_str display_name;
    /**
     * Messages before this are hidden from them, in ms since 1970; 0 when they see all.
     */
    int64_t share_history_from_unix_ms;
} liaison_chat_participant;

/**
 * A file of a message, or one that was uploaded.
 */
typedef struct liaison_chat_attachment {
    /**
     * The size of this struct in bytes as the library knows it: a field beyond it is not there.
     */
    size_t size;
    /**
     * Its name in the thread, for liaison_chat_download_attachment.
     */
    struct liaison_str id;
    /**
     * The file's name, as the sender gave it: show it, and make no path of it. May be empty.
     */
    struct liaison_str name;
    /**
     * What it is.
     */
    liaison_chat_attachment_kind kind;
    /**
     * 1 when there is a small view of it, else 0. Only known of an attachment of a message.
     */
    int32_t has_small_view;
} liaison_chat_attachment;

/**
 * A message of a thread.
 */
typedef struct liaison_chat_message {
    /**
     * The size of this struct in bytes as the library knows it: a field beyond it is not there.
     */
    size_t size;
    /**
     * Its name in the thread, rising; also when it was made, in ms since 1970-01-01T00:00:00Z.
     */
    uint64_t id;
    /**
     * What it is.
     */
    liaison_chat_message_kind kind;
    /**
     * Must be ignored.
     */
    int32_t reserved;
    /**
     * Its number in the thread, from 1, the service's own messages included.
     */
    uint64_t sequence_id;
    /**
     * When it was changed last, in ms since 1970; its id at first.
     */
    uint64_t version;
    /**
     * Text, HTML or topic; empty when it was deleted.
     */
    struct liaison_str content;
    /**
     * Who sent it: a raw id; empty for the service's own.
     */
    struct liaison_str sender;
    /**
     * The name to show; may be empty. See liaison_incoming_call_event.
     */
    struct liaison_str sender_display_name;
    /**
     * The name the sender gave it, see liaison_new_chat_message; empty when it is not known.
     */
    struct liaison_str client_id;
    /**
     * When it was edited, in ms since 1970; 0 when it was not.
     */
    int64_t edited_unix_ms;
    /**
     * When it was deleted, in ms since 1970; 0 when it was not.
     */
    int64_t deleted_unix_ms;
    /**
     * Who was added or removed; NULL when nobody was.
     */
    const struct liaison_chat_participant *const *participants;
    /**
     * How many.
     */
    size_t participants_count;
    /**
     * Who added, removed or set the topic: a raw id; else empty.
     */
    struct liaison_str initiator;
    /**
     * The app's own: an array; NULL when there is none. Since: 0.1.0
     */
    const struct liaison_chat_metadata *metadata;
    /**
     * How many.
     */
    size_t metadata_count;
    /**
     * Its files: an array of pointers; NULL when there are none. Since: 0.1.0
     */
    const struct liaison_chat_attachment *const *attachments;
    /**
     * How many.
     */
    size_t attachments_count;
} liaison_chat_message;

/**
 * How far a participant has read.
 */
typedef struct liaison_chat_read_receipt {
    /**
     * The size of this struct in bytes as the library knows it: a field beyond it is not there.
     */
    size_t size;
    /**
     * Who: a raw id.
     */
    struct liaison_str reader;
    /**
     * The newest message read.
     */
    uint64_t message;
    /**
     * When, in ms since 1970-01-01T00:00:00Z.
     */
    int64_t read_unix_ms;
} liaison_chat_read_receipt;

/**
 * Somebody who could not be added.
 */
typedef struct liaison_chat_refused_participant {
    /**
     * The size of this struct in bytes as the library knows it: a field beyond it is not there.
     */
    size_t size;
    /**
     * Who, as the service named them; mostly a raw id.
     */
    struct liaison_str raw_id;
    /**
     * Why, for programs: "403" when the organisation's federation says no.
     */
    struct liaison_str code;
    /**
     * Why, in words.
     */
    struct liaison_str text;
} liaison_chat_refused_participant;

/**
 * The detail of LIAISON_EVENT_KIND_CHAT_RESULT; the event's operation is the number the command gave, or 0 when it was
 * asked for in an earlier run of the app; one that came just before the app ended may come again. What the command does
 * not tell is zero, NULL or empty. The lists are arrays of pointers; all of it is borrowed as the event is.
 */
typedef struct liaison_chat_result_event {
    /**
     * LIAISON_OK, or why it could not be carried out: LIAISON_INVALID_ARGUMENT (the service calls it a bad request),
     * LIAISON_FORBIDDEN, LIAISON_NOT_FOUND (also: not for this user), LIAISON_LIMIT_REACHED (too many requests, too
     * long), LIAISON_INVALID_TOKEN, LIAISON_UNREACHABLE (it was not done), LIAISON_UNTRUSTED, LIAISON_TIMED_OUT (no
     * answer: it may have been done), LIAISON_CANCELLED (signed out, or liaison_chat_cancel), LIAISON_INVALID_STATE (the
     * service failed or refuses it for another reason), LIAISON_PROTOCOL_ERROR (the answer cannot be read).
     */
    int32_t status;
    /**
     * The HTTP status of a refusal, such as 403; 0 when there was none.
     */
    int32_t http_status;
    /**
     * LIAISON_LIMIT_REACHED only: how long to wait before asking again, in microseconds; else 0.
     */
    int64_t retry_after_us;
    /**
     * What happened and what to do, in words; empty on success.
     */
    struct liaison_str text;
    /**
     * liaison_chat_send_message: the message's id.
     */
    uint64_t message;
    /**
     * liaison_chat_create_thread and liaison_chat_get_thread: the one thread; liaison_chat_list_threads: a page.
     */
    const struct liaison_chat_thread *const *threads;
    /**
     * How many.
     */
    size_t threads_count;
    /**
     * liaison_chat_list_participants: a page.
     */
    const struct liaison_chat_participant *const *participants;
    /**
     * How many.
     */
    size_t participants_count;
    /**
     * liaison_chat_get_message: the one message; liaison_chat_list_messages: a page, the newest first.
     */
    const struct liaison_chat_message *const *messages;
    /**
     * How many.
     */
    size_t messages_count;
    /**
     * liaison_chat_list_read_receipts: a page.
     */
    const struct liaison_chat_read_receipt *const *receipts;
    /**
     * How many.
     */
    size_t receipts_count;
    /**
     * liaison_chat_create_thread and liaison_chat_add_participants: who could not be added.
     */
    const struct liaison_chat_refused_participant *const *refused;
    /**
     * How many.
     */
    size_t refused_count;
    /**
     * Lists: the next page, to be handed to the same function for the same thread; empty on the last.
     */
    struct liaison_str next_page;
    /**
     * liaison_chat_count_unread: how many messages of others are newer than the user's read receipt.
     */
    uint32_t unread_count;
    /**
     * 1 when counting ended there, and there may be more; else 0.
     */
    int32_t unread_or_more;
    /**
     * What changes something: the message's client_id, or the name the engine gave the command. By it the outcome of a
     * command of an earlier run is known, whose operation is 0. Since: 0.1.0
     */
    struct liaison_str client_id;
    /**
     * liaison_chat_upload_attachment: the one file, to be sent with a message. Since: 0.1.0
     */
    const struct liaison_chat_attachment *const *attachments;
    /**
     * How many.
     */
    size_t attachments_count;
    /**
     * liaison_chat_download_attachment: what is in the file; NULL when it was put at a path. Since: 0.1.0
     */
    const uint8_t *bytes;
    /**
     * How long the file is, wherever it was put.
     */
    size_t bytes_length;
    /**
     * What the service takes it for, by its content: "image/png", ..., or "application/octet-stream". Since: 0.1.0
     */
    struct liaison_str media_type;
} liaison_chat_result_event;

/**
 * The detail of LIAISON_EVENT_KIND_CHAT_EVENT. The events of a thread come in the order of their sequences, without a
 * gap but for what LIAISON_EVENT_KIND_CHAT_MISSED tells. What the kind does not name is zero, NULL or empty.
 */
typedef struct liaison_chat_event {
    /**
     * What happened.
     */
    liaison_chat_event_kind kind;
    /**
     * Must be ignored.
     */
    int32_t reserved;
    /**
     * The thread's id.
     */
    struct liaison_str thread;
    /**
     * Its place in the thread's log, for liaison_chat_acknowledge; 0 for typing.
     */
    uint64_t sequence;
    /**
     * When, in ms since 1970-01-01T00:00:00Z.
     */
    int64_t at_unix_ms;
    /**
     * Who did it: a raw id; may be empty.
     */
    struct liaison_str by;
    /**
     * The name to show for them; may be empty. See liaison_incoming_call_event.
     */
    struct liaison_str by_display_name;
    /**
     * What the thread is about.
     */
    struct liaison_str topic;
    /**
     * The message; NULL when it is about none.
     */
    const struct liaison_chat_message *message;
    /**
     * How far somebody has read; NULL when it is about something else.
     */
    const struct liaison_chat_read_receipt *receipt;
    /**
     * Who is in the thread, was added or removed: an array of pointers; NULL when nobody was.
     */
    const struct liaison_chat_participant *const *participants;
    /**
     * How many.
     */
    size_t participants_count;
} liaison_chat_event;

/**
 * The detail of LIAISON_EVENT_KIND_CHAT_MISSED: events that will not come, such as those from before this device knew
 * the thread. Read the thread, its participants and messages, then acknowledge.
 */
typedef struct liaison_chat_missed_event {
    /**
     * The thread's id.
     */
    struct liaison_str thread;
    /**
     * The last event that will not come, for liaison_chat_acknowledge.
     */
    uint64_t to;
} liaison_chat_missed_event;

/**
 * The detail of LIAISON_EVENT_KIND_CHAT_QUEUED; the event's operation is the number the command gave.
 */
typedef struct liaison_chat_queued_event {
    /**
     * The message's client_id, or the name the engine gave the command.
     */
    struct liaison_str client_id;
} liaison_chat_queued_event;

/**
 * The detail of an event: the member that its kind names.
 */
typedef union liaison_event_detail {
    /**
     * LIAISON_EVENT_KIND_CONNECTION
     */
    struct liaison_connection_event connection;
    /**
     * LIAISON_EVENT_KIND_OPERATION
     */
    struct liaison_operation_event operation;
    /**
     * LIAISON_EVENT_KIND_TOKEN_EXPIRING
     */
    struct liaison_token_expiring_event token_expiring;
    /**
     * LIAISON_EVENT_KIND_INCOMING_CALL
     */
    struct liaison_incoming_call_event incoming_call;
    /**
     * LIAISON_EVENT_KIND_CALL_STATE
     */
    struct liaison_call_state_event call_state;
    /**
     * LIAISON_EVENT_KIND_REMOTE_MUTED
     */
    struct liaison_remote_muted_event remote_muted;
    /**
     * LIAISON_EVENT_KIND_NOTICE_REQUIRED
     */
    struct liaison_notice_required_event notice_required;
    /**
     * LIAISON_EVENT_KIND_RECORDING
     */
    struct liaison_recording_event recording;
    /**
     * LIAISON_EVENT_KIND_MEDIA
     */
    struct liaison_media_event media;
    /**
     * LIAISON_EVENT_KIND_DEVICE
     */
    struct liaison_device_event device;
    /**
     * LIAISON_EVENT_KIND_STATISTICS
     */
    struct liaison_call_stats statistics;
    /**
     * LIAISON_EVENT_KIND_OVERFLOW
     */
    struct liaison_overflow_event overflow;
    /**
     * LIAISON_EVENT_KIND_DTMF
     */
    struct liaison_dtmf_event dtmf;
    /**
     * LIAISON_EVENT_KIND_SPEAKING_CHANGED
     */
    struct liaison_speaking_changed_event speaking_changed;
    /**
     * LIAISON_EVENT_KIND_AUDIO_LEVELS
     */
    struct liaison_audio_levels_event audio_levels;
    /**
     * LIAISON_EVENT_KIND_AUDIO_DEVICE
     */
    struct liaison_audio_device_event audio_device;
    /**
     * LIAISON_EVENT_KIND_AUDIO_ROUTE
     */
    struct liaison_audio_route_event audio_route;
    /**
     * LIAISON_EVENT_KIND_AUDIO_SESSION
     */
    struct liaison_audio_session_event audio_session;
    /**
     * LIAISON_EVENT_KIND_CHAT_RESULT
     */
    struct liaison_chat_result_event chat_result;
    /**
     * LIAISON_EVENT_KIND_CHAT_EVENT
     */
    struct liaison_chat_event chat_event;
    /**
     * LIAISON_EVENT_KIND_CHAT_MISSED
     */
    struct liaison_chat_missed_event chat_missed;
    /**
     * LIAISON_EVENT_KIND_CHAT_QUEUED
     */
    struct liaison_chat_queued_event chat_queued;
} liaison_event_detail;

/**
 * Something happened. It and all its text are borrowed until the next call of liaison_engine_next_event,
 * liaison_engine_wait_event or liaison_engine_free on the same engine: copy what you keep.
 */
typedef struct liaison_event {
    /**
     * The size of this struct in bytes as the library knows it: a field beyond it is not there.
     */
    size_t size;
    /**
     * What it tells.
     */
    liaison_event_kind kind;
    /**
     * The call it is about; 0 when it is about none.
     */
    uint64_t call;
    /**
     * LIAISON_EVENT_KIND_OPERATION and LIAISON_EVENT_KIND_CHAT_RESULT: the command it answers; else 0.
     */
    uint64_t operation;
    /**
     * The rest, by kind.
     */
    union liaison_event_detail detail;
} liaison_event;

/**
 * Somebody to be added to a thread. Set it to zero, then size and raw_id.
 */
typedef struct liaison_new_chat_participant {
    /**
     * sizeof(liaison_new_chat_participant).
     */
    size_t size;
    /**
     * Who: "8:acs:RESOURCE_USER", or "8:orgid:OBJECT-ID" for a Teams user.
     */
    struct liaison_str raw_id;
    /**
     * The name to show; may be empty. The service knows that of a member of staff.
     */
    struct liaison_str display_name;
    /**
     * Messages before this are hidden from them, in ms since 1970-01-01T00:00:00Z; 0: they see all.
     */
    int64_t share_history_from_unix_ms;
} liaison_new_chat_participant;

/**
 * A thread to be created. Set it to zero, then size, topic and the participants.
 */
typedef struct liaison_new_chat_thread {
    /**
     * sizeof(liaison_new_chat_thread).
     */
    size_t size;
    /**
     * What it is about: 1 to 1024 bytes.
     */
    struct liaison_str topic;
    /**
     * Who is to be in it besides the user, each with its size set; NULL for nobody.
     */
    const struct liaison_new_chat_participant *participants;
    /**
     * How many: 0 to 200.
     */
    size_t participants_count;
    /**
     * Days after which it is deleted by itself: 30 to 90; 0 for never.
     */
    int32_t retention_days;
    /**
     * Must be zero.
     */
    int32_t reserved;
    /**
     * The app's own; NULL for none. Since: 0.1.0
     */
    const struct liaison_chat_metadata *metadata;
    /**
     * How many.
     */
    size_t metadata_count;
} liaison_new_chat_thread;

/**
 * A file to be sent with a message. Set it to zero, then size, id and kind.
 */
typedef struct liaison_chat_attachment_to_send {
    /**
     * sizeof(liaison_chat_attachment_to_send).
     */
    size_t size;
    /**
     * The id that the upload was answered with.
     */
    struct liaison_str id;
    /**
     * LIAISON_CHAT_ATTACHMENT_KIND_IMAGE or LIAISON_CHAT_ATTACHMENT_KIND_FILE, as at the upload.
     */
    int32_t kind;
    /**
     * Must be zero.
     */
    int32_t reserved;
} liaison_chat_attachment_to_send;

/**
 * A message to be sent. Set it to zero, then size and content.
 */
typedef struct liaison_new_chat_message {
    /**
     * sizeof(liaison_new_chat_message).
     */
    size_t size;
    /**
     * The text or HTML: 1 to 28672 bytes; with attachments it may be empty.
     */
    struct liaison_str content;
    /**
     * The name to show; may be empty. The service knows that of a member of staff.
     */
    struct liaison_str sender_display_name;
    /**
     * The app's own name for it, 1 to 64 of A-Z a-z 0-9 - _ . and the colon; it names the outcome too. Sent again under
     * the same name it is not there twice; Azure's own service looks at it less well, see
     * LIAISON_ENGINE_ENDPOINT_IS_ACS. Empty: a random one.
     */
    struct liaison_str client_id;
    /**
     * LIAISON_CHAT_MESSAGE_KIND_TEXT, also for 0, or LIAISON_CHAT_MESSAGE_KIND_HTML.
     */
    int32_t kind;
    /**
     * Must be zero.
     */
    int32_t reserved;
    /**
     * The app's own; NULL for none. Since: 0.1.0
     */
    const struct liaison_chat_metadata *metadata;
    /**
     * How many.
     */
    size_t metadata_count;
    /**
     * Files that were uploaded to the thread, each with its size set; NULL for none. Since: 0.1.0
     */
    const struct liaison_chat_attachment_to_send *attachments;
    /**
     * How many: 0 to 10.
     */
    size_t attachments_count;
} liaison_new_chat_message;

/**
 * A file to be uploaded. Set it to zero, then size, kind and either path or bytes.
 */
typedef struct liaison_new_chat_attachment {
    /**
     * sizeof(liaison_new_chat_attachment).
     */
    size_t size;
    /**
     * LIAISON_CHAT_ATTACHMENT_KIND_IMAGE or LIAISON_CHAT_ATTACHMENT_KIND_FILE.
     */
    int32_t kind;
    /**
     * Must be zero.
     */
    int32_t reserved;
    /**
     * The name to show, at most 255 bytes; empty for that of the path, or none.
     */
    struct liaison_str name;
    /**
     * A file of this machine, in UTF-8, read when its turn comes. Empty with bytes.
     */
    struct liaison_str path;
    /**
     * What is in it; copied. NULL with a path.
     */
    const uint8_t *bytes;
    /**
     * How many bytes: 1 to 67108864; 0 with a path. The service takes 26214400 unless it is set up otherwise.
     */
    size_t bytes_length;
} liaison_new_chat_attachment;

/**
 * Counters of an audio port, since the engine was made.
 */
typedef struct liaison_audio_port_stats {
    /**
     * The size of this struct in bytes, set by the caller.
     */
    size_t size;
    /**
     * Pushed samples that found no room and were dropped.
     */
    uint64_t capture_overruns;
    /**
     * Pulled samples that were not there in time: silence was given.
     */
    uint64_t playout_underruns;
    /**
     * Calls refused with LIAISON_BUSY.
     */
    uint64_t busy;
} liaison_audio_port_stats;

/**
 * A microphone or speaker of the machine.
 */
typedef struct liaison_device {
    /**
     * The size of this struct in bytes, set by the caller.
     */
    size_t size;
    /**
     * What to choose it by, in liaison_engine_select_device; stable across restarts.
     */
    struct liaison_str id;
    /**
     * Its name for people.
     */
    struct liaison_str name;
    /**
     * Microphone or speaker: a number of liaison_device_side.
     */
    int32_t side;
    /**
     * 1 when it is the system's default, else 0.
     */
    int32_t is_default;
} liaison_device;

/**
 * A raw id, taken apart.
 */
typedef struct liaison_identifier {
    /**
     * The size of this struct in bytes, set by the caller.
     */
    size_t size;
    /**
     * What kind of party it is.
     */
    liaison_identifier_kind kind;
    /**
     * The cloud a Microsoft party lives in.
     */
    liaison_cloud cloud;
    /**
     * 1 for an anonymous party (a visitor of a Teams meeting, a hidden telephone number), else 0.
     */
    int32_t is_anonymous;
    /**
     * Must be ignored.
     */
    int32_t reserved;
} liaison_identifier;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the loaded library, for logs and bug reports, as MAJOR.MINOR.PATCH.
 *
 * Compare liaison_abi with LIAISON_ABI, not this, to learn whether header and library fit.
 *
 * Returns: static text, also zero-terminated; it never fails.
 *
 * Threads: any, also inside a hook.
 * Memory: static, never freed.
 * Since: 0.1.0
 */
struct liaison_str liaison_version(void);

/**
 * The ABI number of the loaded library; the header's own is LIAISON_ABI.
 *
 * Returns: the number; it never fails.
 *
 * Threads: any, also inside a hook.
 * Memory: none.
 * Since: 0.1.0
 */
uint32_t liaison_abi(void);

/**
 * What a status means, in one line of English, for logs.
 *
 * Parameters:
 * - status: any number; one this library does not know gives "unknown status".
 *
 * Returns: static text, also zero-terminated; it never fails.
 *
 * Threads: any, also inside a hook.
 * Memory: static, never freed.
 * Since: 0.1.0
 */
struct liaison_str liaison_status_text(int32_t status);

/**
 * Wraps a zero-terminated C string as a liaison_str, without copying: a convenience for config fields.
 *
 * Parameters:
 * - zero_terminated: UTF-8 bytes ended by a zero; NULL gives the empty text.
 *
 * Returns: the text; it never fails. UTF-8 is checked by the function that takes the result.
 *
 * Threads: any, also inside a hook.
 * Memory: the result borrows zero_terminated.
 * Since: 0.1.0
 */
struct liaison_str liaison_str_of(const char *zero_terminated);

/**
 * The time now on the clock that every `_us` of this interface uses, in microseconds.
 *
 * On Linux and Android it is CLOCK_MONOTONIC, so that a time from clock_gettime, ALSA or AAudio can be passed
 * on after division. Elsewhere it counts from the first use. It never runs backwards and never follows the wall clock.
 *
 * Returns: the time in microseconds, at least 0; it never fails.
 *
 * Threads: any, also inside a hook and on an audio thread.
 * Memory: none.
 * Since: 0.1.0
 */
int64_t liaison_monotonic_us(void);

/**
 * Sets a config to its defaults: everything zero but the size.
 *
 * Parameters:
 * - config: written; may not be NULL.
 * - size: sizeof(liaison_engine_config) as the program was compiled.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT when config is NULL or size is no version's size.
 *
 * Threads: any, also inside a hook.
 * Memory: the config is the caller's.
 * Since: 0.1.0
 */
int32_t liaison_engine_config_init(struct liaison_engine_config *config, size_t size);

/**
 * Sets call options to their defaults: everything zero but the size.
 *
 * Parameters:
 * - options: written; may not be NULL.
 * - size: sizeof(liaison_call_options) as the program was compiled.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT when options is NULL or size is no version's size.
 *
 * Threads: any, also inside a hook.
 * Memory: the options are the caller's.
 * Since: 0.1.0
 */
int32_t liaison_call_options_init(struct liaison_call_options *options, size_t size);

/**
 * Makes an engine. It does nothing yet: sign in next.
 *
 * Parameters:
 * - abi: LIAISON_ABI.
 * - config: what liaison_engine_config_init and the program have set; may not be NULL. Its texts are copied.
 * - out_engine: gets the engine; may not be NULL.
 *
 * Returns: LIAISON_OK; LIAISON_ABI_MISMATCH; LIAISON_INVALID_ARGUMENT when a field is not legal;
 * LIAISON_FILE_ERROR when data_path cannot be used; LIAISON_IN_USE when another engine uses it; LIAISON_WRONG_KEY when
 * data_key is not the one it was written with; LIAISON_UNTRUSTED when ca_pem holds no certificate;
 * LIAISON_LIMIT_REACHED when the system refuses a thread or descriptor; LIAISON_REENTRANT; LIAISON_PANIC.
 * The log hook is told the reason in words.
 *
 * Threads: any.
 * Memory: the engine is the caller's, to be freed with liaison_engine_free.
 * Since: 0.1.0
 */
int32_t liaison_engine_new(uint32_t abi,
                           const struct liaison_engine_config *config,
                           struct liaison_engine **out_engine);

/**
 * Frees an engine: it signs out, ends its calls, stops its threads. Calls that other threads have in it return
 * first, a wait for events at once. When this returns no hook fires any more.
 *
 * An audio port stays usable until it is freed itself: it then takes nothing and gives silence.
 *
 * Parameters:
 * - engine: NULL does nothing.
 *
 * Returns: LIAISON_OK; LIAISON_REENTRANT when called from inside a hook, and then nothing was freed.
 *
 * Threads: any, but no call on this engine may begin once this one has begun.
 * Memory: the engine and the last event are gone.
 * Since: 0.1.0
 */
int32_t liaison_engine_free(struct liaison_engine *engine);

/**
 * Whether the engine can be used from here, now: tells what a NULL from liaison_engine_next_event means.
 *
 * Parameters:
 * - engine: may be NULL, which is LIAISON_INVALID_ARGUMENT.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_REENTRANT inside a hook; LIAISON_PANIC once the engine
 * has stopped after an internal error; LIAISON_BUSY while another thread is reading events.
 *
 * Threads: any, also inside a hook.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_engine_status(const struct liaison_engine *engine);

/**
 * Signs in with a user's token; calls can come and be started once the connection is
 * LIAISON_CONNECTION_STATE_CONNECTED. From then on the engine keeps itself connected.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - token: the access token that the app's backend got for this user, with the scope voip; at most 16 KiB.
 * - token_length: its length in bytes.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows, with LIAISON_OK, LIAISON_INVALID_TOKEN,
 * LIAISON_UNTRUSTED or LIAISON_CANCELLED; LIAISON_INVALID_ARGUMENT; LIAISON_INVALID_TOKEN when it is no token or
 * has expired; LIAISON_INVALID_STATE when signed in already; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT;
 * LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: the token is copied.
 * Since: 0.1.0
 */
int32_t liaison_engine_sign_in(struct liaison_engine *engine,
                               const char *token,
                               size_t token_length,
                               uint64_t *out_operation);

/**
 * Replaces the token by a newer one for the same user, before or after it has expired.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - token: the new access token, at most 16 KiB.
 * - token_length: its length in bytes.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_INVALID_ARGUMENT;
 * LIAISON_INVALID_TOKEN when it is no token or has expired; LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED;
 * LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: the token is copied.
 * Since: 0.1.0
 */
int32_t liaison_engine_set_token(struct liaison_engine *engine,
                                 const char *token,
                                 size_t token_length,
                                 uint64_t *out_operation);

/**
 * Signs out: calls end, the connection closes, the engine may sign in again, as another user too.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_INVALID_ARGUMENT;
 * LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_engine_sign_out(struct liaison_engine *engine, uint64_t *out_operation);

/**
 * Says that the machine's network changed (another Wi-Fi, a new address): the engine reconnects at once instead of
 * finding out by silence.
 *
 * Parameters:
 * - engine: may not be NULL.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_engine_network_changed(struct liaison_engine *engine);

/**
 * Calls somebody: an app's user or a Teams user; only the identifier differs. What happens next comes as
 * LIAISON_EVENT_KIND_CALL_STATE, whose last one is LIAISON_CALL_STATE_DISCONNECTED with the reason.
 *
 * Parameters:
 * - engine: may not be NULL; signed in.
 * - raw_id: whom to call: "8:orgid:OBJECT-ID" for a Teams user, "8:acs:RESOURCE_USER" for an app's user; 1 to 512 bytes.
 * - raw_id_length: its length in bytes.
 * - options: what liaison_call_options_init and the program have set; NULL for the defaults.
 * - out_call: gets the call's number, which is never 0 and never used again; may not be NULL.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT when it is not a raw id or of a kind that cannot be called;
 * LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED when there are too many calls; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: raw_id and options are copied.
 * Since: 0.1.0
 */
int32_t liaison_engine_start_call(struct liaison_engine *engine,
                                  const char *raw_id,
                                  size_t raw_id_length,
                                  const struct liaison_call_options *options,
                                  uint64_t *out_call);

/**
 * The port through which the app pushes what it captured and pulls what it plays, with LIAISON_AUDIO_MODE_EXTERNAL.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - out_port: gets the port; may not be NULL.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_INVALID_STATE in another audio mode; LIAISON_REENTRANT;
 * LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: each port is the caller's, to be freed with liaison_audio_port_free, before or after the engine. All
 * ports of an engine are the same two streams.
 * Since: 0.1.0
 */
int32_t liaison_engine_audio_port(struct liaison_engine *engine,
                                  struct liaison_audio_port **out_port);

/**
 * Takes the next pending event, without waiting.
 *
 * What must be delivered comes first and is never lost: an app that does not poll loses statistics only, and
 * LIAISON_EVENT_KIND_OVERFLOW tells how many. After LIAISON_EVENT_KIND_POISONED there are no more.
 *
 * Parameters:
 * - engine: may be NULL, which gives NULL.
 *
 * Returns: the event; NULL when none is pending, and also when the call is refused: liaison_engine_status tells.
 *
 * Threads: one at a time, the same for liaison_engine_wait_event.
 * Memory: the event and its texts are borrowed until the next call of this function, of
 * liaison_engine_wait_event or of liaison_engine_free on this engine.
 * Since: 0.1.0
 */
const struct liaison_event *liaison_engine_next_event(struct liaison_engine *engine);

/**
 * Takes the next pending event; waits for one when none is pending.
 *
 * Parameters:
 * - engine: may be NULL, which gives NULL.
 * - timeout_us: how long to wait at most, in microseconds; 0 or less does not wait.
 *
 * Returns: the event; NULL when none came in time, when another thread is freeing the engine, and also when the
 * call is refused: liaison_engine_status tells.
 *
 * Threads: one at a time, the same for liaison_engine_next_event.
 * Memory: as for liaison_engine_next_event.
 * Since: 0.1.0
 */
const struct liaison_event *liaison_engine_wait_event(struct liaison_engine *engine,
                                                      int64_t timeout_us);

/**
 * Replaces the wake hook that the config set. When this returns the old one has fired for the last time.
 *
 * Poll once after setting one: what was pending before may not wake it.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - hook: the new hook; NULL for none.
 * - user: handed to the hook as it is; may be NULL.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: user must stay good until the hook is replaced or the engine freed.
 * Since: 0.1.0
 */
int32_t liaison_engine_set_wake_hook(struct liaison_engine *engine, liaison_wake_hook hook, void *user);

/**
 * A descriptor that is readable while events are pending, for poll, epoll or a run loop. Do not read from it:
 * taking events until none is pending makes it unreadable again.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - out_descriptor: gets the descriptor; may not be NULL.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_UNSUPPORTED where there are no descriptors;
 * LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: the descriptor is the engine's: do not close it; it goes with liaison_engine_free.
 * Since: 0.1.0
 */
int32_t liaison_engine_wake_fd(struct liaison_engine *engine, int *out_descriptor);

/**
 * Accepts an incoming call.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - call: the number from LIAISON_EVENT_KIND_INCOMING_CALL.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when
 * it does not ring here any more; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT;
 * LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_call_accept(struct liaison_engine *engine,
                            uint64_t call,
                            uint64_t *out_operation);

/**
 * Rejects an incoming call; the caller gets 603.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - call: the number from LIAISON_EVENT_KIND_INCOMING_CALL.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when
 * it does not ring here any more; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT;
 * LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_call_reject(struct liaison_engine *engine,
                            uint64_t call,
                            uint64_t *out_operation);

/**
 * Hangs up, in whatever state the call is. LIAISON_CALL_STATE_DISCONNECTED follows.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - call: the call's number.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when
 * it has ended; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_call_hang_up(struct liaison_engine *engine,
                             uint64_t call,
                             uint64_t *out_operation);

/**
 * Mutes or unmutes the own microphone; the other side is told.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - call: the call's number.
 * - muted: 1 to mute, 0 to unmute; nothing else.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when
 * the call has ended; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_call_set_muted(struct liaison_engine *engine,
                               uint64_t call,
                               int32_t muted,
                               uint64_t *out_operation);

/**
 * Sends keypad tones to the other side, after those still being sent. They travel as telephone events (RFC 4733): the
 * other side gets LIAISON_EVENT_KIND_DTMF for each; nothing is heard, and the voice goes on. Each takes 100 ms, with
 * 70 ms between two.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - call: the call's number.
 * - tones: 1 to 32 of the characters 0 to 9, *, #, A to D, a to d; a comma is a pause of 2 s.
 * - tones_length: their number.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows, with LIAISON_OK once they are on their way (beyond
 * 128 waiting they are dropped) or with LIAISON_INVALID_STATE when there is no media yet or the other side takes no
 * tones; LIAISON_INVALID_ARGUMENT; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when the call has ended;
 * LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: the tones are copied.
 * Since: 0.1.0
 */
int32_t liaison_call_send_dtmf(struct liaison_engine *engine,
                               uint64_t call,
                               const char *tones,
                               size_t tones_length,
                               uint64_t *out_operation);

/**
 * Holds a connected call: nothing is sent or heard until liaison_call_resume.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - call: the call's number.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when
 * the call is not connected; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_call_hold(struct liaison_engine *engine,
                          uint64_t call,
                          uint64_t *out_operation);

/**
 * Takes up a call that this side held.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - call: the call's number.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when
 * this side does not hold the call; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT;
 * LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_call_resume(struct liaison_engine *engine,
                            uint64_t call,
                            uint64_t *out_operation);

/**
 * Announces that this app wants to record what it hears. Write nothing before the call's
 * LIAISON_EVENT_KIND_RECORDING says LIAISON_RECORDING_STATE_ACTIVE: everyone else has acknowledged by then.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - call: the call's number.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when
 * the call is not connected or is being recorded already; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED;
 * LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_call_announce_recording(struct liaison_engine *engine,
                                        uint64_t call,
                                        uint64_t *out_operation);

/**
 * Says that this app has stopped recording; everyone is told.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - call: the call's number.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when
 * this app does not record; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_call_end_recording(struct liaison_engine *engine,
                                   uint64_t call,
                                   uint64_t *out_operation);

/**
 * Acknowledges LIAISON_EVENT_KIND_NOTICE_REQUIRED: the user has been shown (or has heard) that the other side will
 * record. Call it when that is true; without it, within 10 s, the recording does not start.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - call: the call's number.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when
 * the call has ended; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_call_notice_shown(struct liaison_engine *engine,
                                  uint64_t call,
                                  uint64_t *out_operation);

/**
 * The state a call is in now, which may be newer than its last event.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - call: the call's number.
 * - out_state: gets the state; may not be NULL.
 *
 * Returns: LIAISON_OK; LIAISON_NOT_FOUND; LIAISON_INVALID_ARGUMENT; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_call_get_state(const struct liaison_engine *engine,
                               uint64_t call,
                               liaison_call_state *out_state);

/**
 * The figures of a call since its start.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - call: the call's number.
 * - out_stats: written up to its size field, which must be set to sizeof(liaison_call_stats) before; may not be NULL.
 *
 * Returns: LIAISON_OK; LIAISON_NOT_FOUND; LIAISON_INVALID_ARGUMENT, also when size is no version's size;
 * LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_call_get_stats(const struct liaison_engine *engine,
                               uint64_t call,
                               struct liaison_call_stats *out_stats);

/**
 * Creates a chat thread with the user and the given participants in it.
 *
 * Chat needs a token with the scope chat, and liaison_engine_sign_in before. All its commands answer with
 * LIAISON_EVENT_KIND_CHAT_RESULT.
 *
 * What changes something (all but lists, liaison_chat_get_..., liaison_chat_count_unread and liaison_chat_send_typing)
 * waits until the service has answered: without a network, while the service is down or asks to wait, and while a
 * refused token waits for liaison_engine_set_token. At most 1000 wait. Changes of one thread are carried out in the order
 * they are asked for. With data_path they are on disk from LIAISON_EVENT_KIND_CHAT_QUEUED on and go on in the app's next
 * run, once the same user has signed in; their results then have the operation 0. The others are tried while the service
 * asks to wait, up to 30 s and four times.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - new_thread: what is to be created; may not be NULL.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with the thread and those who could not be added;
 * LIAISON_INVALID_ARGUMENT; LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_create_thread(struct liaison_engine *engine,
                                   const struct liaison_new_chat_thread *new_thread,
                                   uint64_t *out_operation);

/**
 * Deletes a thread with its history; everyone in it is told. Deleting it again does nothing.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows; LIAISON_INVALID_ARGUMENT; LIAISON_NOT_SIGNED_IN;
 * LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_delete_thread(struct liaison_engine *engine,
                                   const char *thread,
                                   size_t thread_length,
                                   uint64_t *out_operation);

/**
 * The threads the user is in.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - since_unix_ms: only threads whose newest message is not older, in ms since 1970-01-01T00:00:00Z; 0 for all. Not
 *   looked at with a page.
 * - most: how many on this page and those after it: 1 to 200, or 0 for 100. Not looked at with a page.
 * - page: next_page of the last answer; NULL and 0 for the first page.
 * - page_length: its length in bytes.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with a page of them; LIAISON_INVALID_ARGUMENT;
 * LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_list_threads(struct liaison_engine *engine,
                                  int64_t since_unix_ms,
                                  int32_t most,
                                  const char *page,
                                  size_t page_length,
                                  uint64_t *out_operation);

/**
 * A thread's properties.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with the thread; LIAISON_INVALID_ARGUMENT;
 * LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_get_thread(struct liaison_engine *engine,
                                const char *thread,
                                size_t thread_length,
                                uint64_t *out_operation);

/**
 * Sets a thread's topic; everyone in it is told.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - topic: 1 to 1024 bytes.
 * - topic_length: its length in bytes.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows; LIAISON_INVALID_ARGUMENT; LIAISON_NOT_SIGNED_IN;
 * LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_set_topic(struct liaison_engine *engine,
                               const char *thread,
                               size_t thread_length,
                               const char *topic,
                               size_t topic_length,
                               uint64_t *out_operation);

/**
 * Changes a thread's metadata; everyone in it is told. Names that are not mentioned stay.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - changes: what each name is to be; a name whose value's data is NULL is taken out. May not be NULL.
 * - count: how many: 1 to 1024. All metadata of a thread is at most 1024 bytes.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows; LIAISON_INVALID_ARGUMENT; LIAISON_NOT_SIGNED_IN;
 * LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_set_metadata(struct liaison_engine *engine,
                                  const char *thread,
                                  size_t thread_length,
                                  const struct liaison_chat_metadata *changes,
                                  size_t count,
                                  uint64_t *out_operation);

/**
 * Who is in a thread.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - skip: so many are passed over. Not looked at with a page.
 * - most: how many on this page and those after it: 1 to 200, or 0 for 100. Not looked at with a page.
 * - page: next_page of the last answer; NULL and 0 for the first page.
 * - page_length: its length in bytes.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with a page of them; LIAISON_INVALID_ARGUMENT;
 * LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_list_participants(struct liaison_engine *engine,
                                       const char *thread,
                                       size_t thread_length,
                                       uint32_t skip,
                                       int32_t most,
                                       const char *page,
                                       size_t page_length,
                                       uint64_t *out_operation);

/**
 * Adds people to a thread; everyone in it is told.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - new_participants: who, each with its size set; may not be NULL.
 * - count: how many: 1 to 200.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with those who could not be added;
 * LIAISON_INVALID_ARGUMENT; LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_add_participants(struct liaison_engine *engine,
                                      const char *thread,
                                      size_t thread_length,
                                      const struct liaison_new_chat_participant *new_participants,
                                      size_t count,
                                      uint64_t *out_operation);

/**
 * Removes somebody from a thread, or leaves it; everyone who is or was in it is told.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - raw_id: whom; the user's own raw id to leave.
 * - raw_id_length: its length in bytes.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows; LIAISON_INVALID_ARGUMENT; LIAISON_NOT_SIGNED_IN;
 * LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_remove_participant(struct liaison_engine *engine,
                                        const char *thread,
                                        size_t thread_length,
                                        const char *raw_id,
                                        size_t raw_id_length,
                                        uint64_t *out_operation);

/**
 * Takes back a command that waits and was not sent yet: its LIAISON_EVENT_KIND_CHAT_RESULT says LIAISON_CANCELLED. One
 * that may have been sent goes on, and so has another result.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - client_id: of liaison_new_chat_message, or of LIAISON_EVENT_KIND_CHAT_QUEUED.
 * - client_id_length: its length in bytes.
 *
 * Returns: LIAISON_OK, also when nothing waits under this name; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED: try
 * again; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_cancel(struct liaison_engine *engine,
                            const char *client_id,
                            size_t client_id_length);

/**
 * Says that the app is done with a thread's events up to one. With data_path, what was not acknowledged comes again in
 * the app's next run, with the same sequence; without, that run begins with what happens then. When 1024 of a thread are
 * not acknowledged, the next ones wait.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - sequence: of LIAISON_EVENT_KIND_CHAT_EVENT, or to of LIAISON_EVENT_KIND_CHAT_MISSED. Those before it are
 *   acknowledged too.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED: try again; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_acknowledge(struct liaison_engine *engine,
                                 const char *thread,
                                 size_t thread_length,
                                 uint64_t sequence);

/**
 * Sends a message.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - new_message: what is to be sent; may not be NULL.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with the message's id; LIAISON_INVALID_ARGUMENT;
 * LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_send_message(struct liaison_engine *engine,
                                  const char *thread,
                                  size_t thread_length,
                                  const struct liaison_new_chat_message *new_message,
                                  uint64_t *out_operation);

/**
 * Changes what an own message says; its kind stays.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - message: the message's id.
 * - content: the new text or HTML: 1 to 28672 bytes.
 * - content_length: its length in bytes.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows; LIAISON_INVALID_ARGUMENT; LIAISON_NOT_SIGNED_IN;
 * LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_edit_message(struct liaison_engine *engine,
                                  const char *thread,
                                  size_t thread_length,
                                  uint64_t message,
                                  const char *content,
                                  size_t content_length,
                                  uint64_t *out_operation);

/**
 * Changes an own message's metadata; everyone is told. Names that are not mentioned stay.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - message: the message's id.
 * - changes: what each name is to be; a name whose value's data is NULL is taken out. May not be NULL.
 * - count: how many: 1 to 1024. All metadata of a message is at most 1024 bytes.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows; LIAISON_INVALID_ARGUMENT; LIAISON_NOT_SIGNED_IN;
 * LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_set_message_metadata(struct liaison_engine *engine,
                                          const char *thread,
                                          size_t thread_length,
                                          uint64_t message,
                                          const struct liaison_chat_metadata *changes,
                                          size_t count,
                                          uint64_t *out_operation);

/**
 * Deletes an own message; its place in the thread stays.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - message: the message's id.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows; LIAISON_INVALID_ARGUMENT; LIAISON_NOT_SIGNED_IN;
 * LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_delete_message(struct liaison_engine *engine,
                                    const char *thread,
                                    size_t thread_length,
                                    uint64_t message,
                                    uint64_t *out_operation);

/**
 * One message.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - message: the message's id.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with the message; LIAISON_INVALID_ARGUMENT;
 * LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_get_message(struct liaison_engine *engine,
                                 const char *thread,
                                 size_t thread_length,
                                 uint64_t message,
                                 uint64_t *out_operation);

/**
 * The messages of a thread, the newest first.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - since_unix_ms: only messages from then on, in ms since 1970-01-01T00:00:00Z; 0 for all. Not looked at with a page.
 * - most: how many on this page and those after it: 1 to 200, or 0 for 100. Not looked at with a page.
 * - page: next_page of the last answer; NULL and 0 for the first page.
 * - page_length: its length in bytes.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with a page of them; LIAISON_INVALID_ARGUMENT;
 * LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_list_messages(struct liaison_engine *engine,
                                   const char *thread,
                                   size_t thread_length,
                                   int64_t since_unix_ms,
                                   int32_t most,
                                   const char *page,
                                   size_t page_length,
                                   uint64_t *out_operation);

/**
 * Tells the others in a thread that the user writes. It holds for about 10 s: call it again as long as it is true.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - display_name: the name to show; NULL and 0 for the one they have in the thread.
 * - display_name_length: its length in bytes.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows; LIAISON_INVALID_ARGUMENT; LIAISON_NOT_SIGNED_IN;
 * LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_send_typing(struct liaison_engine *engine,
                                 const char *thread,
                                 size_t thread_length,
                                 const char *display_name,
                                 size_t display_name_length,
                                 uint64_t *out_operation);

/**
 * Tells the others in a thread how far the user has read.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - message: the newest message read.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows; LIAISON_INVALID_ARGUMENT; LIAISON_NOT_SIGNED_IN;
 * LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_send_read_receipt(struct liaison_engine *engine,
                                       const char *thread,
                                       size_t thread_length,
                                       uint64_t message,
                                       uint64_t *out_operation);

/**
 * How far everyone in a thread has read: one receipt for each.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - skip: so many are passed over. Not looked at with a page.
 * - most: how many on this page and those after it: 1 to 200, or 0 for 100. Not looked at with a page.
 * - page: next_page of the last answer; NULL and 0 for the first page.
 * - page_length: its length in bytes.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with a page of them; LIAISON_INVALID_ARGUMENT;
 * LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_list_read_receipts(struct liaison_engine *engine,
                                        const char *thread,
                                        size_t thread_length,
                                        uint32_t skip,
                                        int32_t most,
                                        const char *page,
                                        size_t page_length,
                                        uint64_t *out_operation);

/**
 * Counts the messages of others that are newer than the user's read receipt, up to 1000. It reads the messages from
 * the newest back: ask seldom.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with the number; LIAISON_INVALID_ARGUMENT;
 * LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_count_unread(struct liaison_engine *engine,
                                  const char *thread,
                                  size_t thread_length,
                                  uint64_t *out_operation);

/**
 * Uploads a file or an image to a thread, to be sent with a message within a day. It does not wait in the outbox:
 * without a network it fails.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - new_attachment: the file; may not be NULL.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with the one attachment; LIAISON_INVALID_ARGUMENT;
 * LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_upload_attachment(struct liaison_engine *engine,
                                       const char *thread,
                                       size_t thread_length,
                                       const struct liaison_new_chat_attachment *new_attachment,
                                       uint64_t *out_operation);

/**
 * Downloads a file or an image of a message.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - thread: the thread's id, "19:...@thread.v2".
 * - thread_length: its length in bytes.
 * - attachment: the attachment's id.
 * - attachment_length: its length in bytes.
 * - kind: LIAISON_CHAT_ATTACHMENT_KIND_IMAGE or LIAISON_CHAT_ATTACHMENT_KIND_FILE, as the attachment says.
 * - small: 1 for the small view of an image, a JPEG of at most 320 pixels a side; else 0.
 * - path: where to put it, in UTF-8; its folder is there. The file is there whole or not at all, and replaces what was
 *   there. NULL and 0: into memory. Never make it of the attachment's name alone: the sender chose that.
 * - path_length: its length in bytes.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with bytes and media_type; LIAISON_INVALID_ARGUMENT;
 * LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: what is handed in is copied.
 * Since: 0.1.0
 */
int32_t liaison_chat_download_attachment(struct liaison_engine *engine,
                                         const char *thread,
                                         size_t thread_length,
                                         const char *attachment,
                                         size_t attachment_length,
                                         int32_t kind,
                                         int32_t small,
                                         const char *path,
                                         size_t path_length,
                                         uint64_t *out_operation);

/**
 * Hands over what the microphone captured, as float.
 *
 * Wait-free: no lock, no allocation, no system call. What finds no room (nobody is in a call, or more is pushed than
 * 48000 samples a second) is dropped and counted.
 *
 * Parameters:
 * - port: may not be NULL.
 * - samples: 48 kHz, -1 to 1, anything beyond is clipped; may be NULL only when count is 0.
 * - count: how many of each channel, 0 to 48000.
 * - capture_us: when the first of them was captured, on liaison_monotonic_us's clock; 0 when unknown, and then echo
 *   cannot be cancelled.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_BUSY when another thread is pushing; LIAISON_PANIC.
 *
 * Threads: one at a time, beside one that pulls; an audio callback, also inside a hook.
 * Memory: the samples are copied.
 * Since: 0.1.0
 */
int32_t liaison_audio_port_push(struct liaison_audio_port *port,
                                const float *samples,
                                size_t count,
                                int64_t capture_us);

/**
 * Hands over what the microphone captured, as 16-bit integers; else as liaison_audio_port_push.
 *
 * Parameters:
 * - port: may not be NULL.
 * - samples: 48 kHz; may be NULL only when count is 0.
 * - count: how many of each channel, 0 to 48000.
 * - capture_us: when the first of them was captured, on liaison_monotonic_us's clock; 0 when unknown, and then echo
 *   cannot be cancelled.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_BUSY when another thread is pushing; LIAISON_PANIC.
 *
 * Threads: one at a time, beside one that pulls; an audio callback, also inside a hook.
 * Memory: the samples are copied.
 * Since: 0.1.0
 */
int32_t liaison_audio_port_push_s16(struct liaison_audio_port *port,
                                    const int16_t *samples,
                                    size_t count,
                                    int64_t capture_us);

/**
 * Takes what the speaker is to play, as float.
 *
 * Wait-free: no lock, no allocation, no system call. It always fills: what is not there in time is silence, and
 * counted. Storing what people say needs their consent: liaison_call_announce_recording.
 *
 * Parameters:
 * - port: may not be NULL.
 * - out_samples: gets 48 kHz, -1 to 1; may be NULL only when count is 0.
 * - count: how many of each channel, 0 to 48000.
 * - playout_us: when the first of them will be heard, on liaison_monotonic_us's clock; 0 when unknown, and then echo
 *   cannot be cancelled.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT, with nothing written; LIAISON_BUSY when another thread is pulling,
 * with silence written; LIAISON_PANIC.
 *
 * Threads: one at a time, beside one that pushes; an audio callback, also inside a hook.
 * Memory: the samples are the caller's.
 * Since: 0.1.0
 */
int32_t liaison_audio_port_pull(struct liaison_audio_port *port,
                                float *out_samples,
                                size_t count,
                                int64_t playout_us);

/**
 * Takes what the speaker is to play, as 16-bit integers; else as liaison_audio_port_pull.
 *
 * Parameters:
 * - port: may not be NULL.
 * - out_samples: gets 48 kHz; may be NULL only when count is 0.
 * - count: how many of each channel, 0 to 48000.
 * - playout_us: when the first of them will be heard, on liaison_monotonic_us's clock; 0 when unknown, and then echo
 *   cannot be cancelled.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT, with nothing written; LIAISON_BUSY when another thread is pulling,
 * with silence written; LIAISON_PANIC.
 *
 * Threads: one at a time, beside one that pushes; an audio callback, also inside a hook.
 * Memory: the samples are the caller's.
 * Since: 0.1.0
 */
int32_t liaison_audio_port_pull_s16(struct liaison_audio_port *port,
                                    int16_t *out_samples,
                                    size_t count,
                                    int64_t playout_us);

/**
 * The counters of a port.
 *
 * Parameters:
 * - port: may not be NULL.
 * - out_stats: written up to its size field, which must be set to sizeof(liaison_audio_port_stats) before; may not be
 *   NULL.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT, also when size is no version's size; LIAISON_PANIC.
 *
 * Threads: any, also an audio callback and inside a hook.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_audio_port_get_stats(const struct liaison_audio_port *port,
                                     struct liaison_audio_port_stats *out_stats);

/**
 * Frees a port, before or after its engine.
 *
 * Parameters:
 * - port: NULL does nothing.
 *
 * Returns: LIAISON_OK; LIAISON_PANIC.
 *
 * Threads: any, but no call on this port may run or begin.
 * Memory: the port is gone.
 * Since: 0.1.0
 */
int32_t liaison_audio_port_free(struct liaison_audio_port *port);

/**
 * Switches echo cancellation, noise suppression and gain control of the microphone, during calls too. The
 * change fades over without a click; while echo is cancelled before and after, two seconds later.
 *
 * Echo cancellation needs to know when sound is captured and when it is heard. With a device that the app owns these are
 * capture_us of liaison_audio_port_push and playout_us of liaison_audio_port_pull; while they are 0 echo is not
 * cancelled, which echo_cancelled of liaison_call_stats tells.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - echo_cancellation: 0 to 2 of liaison_processing_mode: takes what the speaker plays out of what is sent.
 * - noise_suppression: 0 to 2 of liaison_processing_mode: turns down steady noise by about 12 dB.
 * - gain_control: 0 to 2 of liaison_processing_mode: brings the voice to a usual loudness and limits peaks.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT or LIAISON_LIMIT_REACHED, and then nothing is changed;
 * LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_engine_set_processing(struct liaison_engine *engine,
                                      int32_t echo_cancellation,
                                      int32_t noise_suppression,
                                      int32_t gain_control);

/**
 * Lists the machine's microphones and speakers. It waits for the audio system, 3 s at most.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - out_list: gets the list; may not be NULL.
 *
 * Returns: LIAISON_OK, also when there are none; LIAISON_DEVICE_ERROR when there is no audio system, or it does not
 * answer, or this build has no device support; LIAISON_INVALID_ARGUMENT; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: the list is the caller's, to be freed with liaison_device_list_free, before or after the engine.
 * Since: 0.1.0
 */
int32_t liaison_engine_list_devices(struct liaison_engine *engine,
                                    struct liaison_device_list **out_list);

/**
 * Lists the devices that the engine uses now: a microphone, a speaker, both or none. There is none while no call needs
 * it, while it is lost and nothing takes its place, and for a WAV file, a tone or silence.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - out_list: gets the list; may not be NULL. Its devices do not say whether they are the default.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: the list is the caller's, to be freed with liaison_device_list_free, before or after the engine.
 * Since: 0.1.0
 */
int32_t liaison_engine_current_devices(struct liaison_engine *engine,
                                       struct liaison_device_list **out_list);

/**
 * How many devices a list has.
 *
 * Parameters:
 * - list: may not be NULL.
 * - out_count: gets their number; may not be NULL.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_PANIC.
 *
 * Threads: any, also inside a hook.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_device_list_count(const struct liaison_device_list *list, size_t *out_count);

/**
 * One device of a list.
 *
 * Parameters:
 * - list: may not be NULL.
 * - index: 0 to the list's count minus 1.
 * - out_device: written up to its size field, which must be set to sizeof(liaison_device) before; may not be NULL.
 *
 * Returns: LIAISON_OK; LIAISON_NOT_FOUND when the list has no such index; LIAISON_INVALID_ARGUMENT, also when size is
 * no version's size; LIAISON_PANIC.
 *
 * Threads: any, also inside a hook.
 * Memory: the texts are borrowed until the list is freed.
 * Since: 0.1.0
 */
int32_t liaison_device_list_get(const struct liaison_device_list *list,
                                size_t index,
                                struct liaison_device *out_device);

/**
 * Frees a list.
 *
 * Parameters:
 * - list: NULL does nothing.
 *
 * Returns: LIAISON_OK; LIAISON_PANIC.
 *
 * Threads: any, but no call on this list may run or begin.
 * Memory: the list and its texts are gone.
 * Since: 0.1.0
 */
int32_t liaison_device_list_free(struct liaison_device_list *list);

/**
 * Chooses the microphone or the speaker for all calls, those under way too: the new device has begun before the old one
 * is left. Managed audio only.
 *
 * A device chosen by its id is kept to: when it is lost, the default takes its place and calls go on, and when it is
 * back it is gone back to. Who chose the default follows it wherever the system moves it. Each such change is a
 * LIAISON_EVENT_KIND_AUDIO_ROUTE.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - side: a number of liaison_device_side.
 * - id: a device's id (or its name), UTF-8; NULL only when id_length is 0, which is the system's default.
 * - id_length: its length in bytes.
 * - out_operation: gets the operation's number; may be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows, with LIAISON_OK, or LIAISON_DEVICE_ERROR when the
 * device is not there or cannot be opened, and what was in use stays; LIAISON_INVALID_ARGUMENT; LIAISON_INVALID_STATE
 * in another audio mode; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: the id is copied.
 * Since: 0.1.0
 */
int32_t liaison_engine_select_device(struct liaison_engine *engine,
                                     int32_t side,
                                     const char *id,
                                     size_t id_length,
                                     uint64_t *out_operation);

/**
 * Whether LIAISON_EVENT_KIND_AUDIO_DEVICE comes while no call uses devices, too: the system is then asked once a second.
 * Off at first; while a call uses devices it comes anyway.
 *
 * Parameters:
 * - engine: may not be NULL.
 * - on: 1 to watch, 0 not to.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_engine_watch_devices(struct liaison_engine *engine,
                                     int32_t on);

/**
 * The system lets the app use audio, as CallKit says on a phone: what waited for it begins. Needed only with
 * LIAISON_ENGINE_AUDIO_INACTIVE, or after liaison_engine_deactivate_audio.
 *
 * Parameters:
 * - engine: may not be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_AUDIO_SESSION follows; LIAISON_INVALID_STATE in audio mode none;
 * LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_engine_activate_audio(struct liaison_engine *engine);

/**
 * The app may not use audio any more: the engine closes its devices, a port takes nothing and gives silence, and calls
 * go on so.
 *
 * Parameters:
 * - engine: may not be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_AUDIO_SESSION follows; LIAISON_INVALID_STATE in audio mode none;
 * LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_engine_deactivate_audio(struct liaison_engine *engine);

/**
 * The system has interrupted audio, as for an alarm or another call: capture and playout pause, calls go on in silence.
 *
 * Parameters:
 * - engine: may not be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_AUDIO_SESSION follows; LIAISON_INVALID_STATE in audio mode none;
 * LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_engine_audio_interrupted(struct liaison_engine *engine);

/**
 * The interruption is over: capture and playout go on, what was learnt of the devices' delay is forgotten.
 *
 * Parameters:
 * - engine: may not be NULL.
 *
 * Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_AUDIO_SESSION follows; LIAISON_INVALID_STATE in audio mode none;
 * LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_engine_audio_resumed(struct liaison_engine *engine);

/**
 * The system sends audio elsewhere, as to a headset: what was learnt of the devices' delay is forgotten, and devices of
 * the engine's are opened anew.
 *
 * Parameters:
 * - engine: may not be NULL.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_STATE in audio mode none; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED;
 * LIAISON_REENTRANT; LIAISON_PANIC.
 *
 * Threads: any.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_engine_audio_route_changed(struct liaison_engine *engine);

/**
 * Takes a raw id apart. Every text of 1 to 512 bytes is one, if only an unknown one.
 *
 * Parameters:
 * - raw_id: the raw id, 1 to 512 bytes without control characters; may not be NULL.
 * - raw_id_length: its length in bytes.
 * - out_identifier: written up to its size field, which must be set to sizeof(liaison_identifier) before; may not be
 *   NULL.
 *
 * Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_PANIC.
 *
 * Threads: any, also inside a hook.
 * Memory: none.
 * Since: 0.1.0
 */
int32_t liaison_raw_id_parse(const char *raw_id,
                             size_t raw_id_length,
                             struct liaison_identifier *out_identifier);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* LIAISON_H */
