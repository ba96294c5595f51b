/* dial: a plain connection, and waits on it that end. */
#include "server/dial.h"
#include "process/signals.h"
#include "scratch.h"
#include "tap.h"

#include <signal.h>

#include "peer.h"

enum { PATIENT_MS = 60000, IMPATIENT_MS = 300, NOBODY = 65534 };

static void test_both_ways(void)
{
    static const struct peer_script SCRIPT = {.name = "a peer", .answer = "answer", .len = 6};
    struct test_server peer = {.pid = 0};
    struct budget budget = budget_start(PATIENT_MS);
    char got[64];
    size_t used = 0, len = 1;
    int fd = -1;

    peer_start(&peer, &SCRIPT);
    is_peer(dial(&peer.address, PATIENT_MS, &fd), CONN_OK, "a peer that listens");
    ok((fcntl(fd, F_GETFL) & O_NONBLOCK) && (fcntl(fd, F_GETFD) & FD_CLOEXEC),
       "its socket does not block, and no child gets it");
    is_peer(dial_send(fd, "question", 8), CONN_OK, "a question is sent");
    while (used < 6 && len > 0 &&
           dial_receive(fd, got + used, sizeof got - used, &len, &budget) == CONN_OK)
        used += len;
    is_bytes(got, used, "answer", 6, "the answer is received");
    close(fd);
    server_kill(&peer);
}

/* The end of the connection, and what is sent after it. */
static void test_end(void)
{
    struct test_server peer = {.pid = 0};
    struct budget budget = budget_start(PATIENT_MS);
    int listener = listen_somewhere(&peer, 8), fd = -1;
    enum conn_status conn = CONN_OK;
    size_t len = 99;
    char got[8];

    dial(&peer.address, PATIENT_MS, &fd);
    close(accept(listener, NULL, NULL));
    is_peer(dial_receive(fd, got, sizeof got, &len, &budget), CONN_OK, "a peer that ends");
    is_u64(len, 0, "... is read as no byte");
    while (conn == CONN_OK) /* the first is answered by a reset */
        conn = dial_send(fd, "x", 1);
    int error = errno;
    is_peer(conn, CONN_UNREACHABLE, "who writes to it then learns it");
    ok(error == EPIPE || error == ECONNRESET, "... by errno: %s", strerror(error));
    close(fd);
    close(listener);
}

static void test_nobody(void)
{
    struct test_server peer = {.pid = 0};
    int fd = -2;

    close(listen_somewhere(&peer, 8));
    enum conn_status conn = dial(&peer.address, PATIENT_MS, &fd);
    int error = errno;
    is_peer(conn, CONN_UNREACHABLE, "a port where nobody listens");
    is_u64((uint64_t)error, ECONNREFUSED, "... refuses");
    ok(fd == -2, "... and gives no socket");
    snprintf(peer.text, sizeof peer.text, "%s/none", scratch_folder);
    set_address(&peer);
    conn = dial(&peer.address, PATIENT_MS, &fd);
    error = errno;
    is_peer(conn, CONN_UNREACHABLE, "a socket that is not there");
    is_u64((uint64_t)error, ENOENT, "... is said to be so");
    snprintf(peer.text, sizeof peer.text, "a..b:1"); /* a name that no resolver is asked for */
    set_address(&peer);
    is_peer(dial(&peer.address, PATIENT_MS, &fd), CONN_NO_HOST, "a name that cannot be one");
}

static int listen_locally(struct test_server *peer, int backlog)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "local"};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    unlink("local");
    if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, backlog) < 0)
        scratch_bail("listen");
    snprintf(peer->text, sizeof peer->text, "%.240s/local", scratch_folder);
    set_address(peer);
    return listener;
}

static void test_local(void)
{
    struct test_server peer = {.pid = 0};
    int listener = listen_locally(&peer, 8), fd = -1;

    is_peer(dial(&peer.address, PATIENT_MS, &fd), CONN_OK, "a socket of this host");
    is_peer(dial_send(fd, "x", 1), CONN_OK, "... takes a byte");
    close(fd);
    close(listener);
}

/* A child's limits and rights are its own. The scratch folder is closed to others. */
static void test_denied(void)
{
    struct test_server peer = {.pid = 0};
    int listener = listen_locally(&peer, 8), fd = -1;

    pid_t child = fork_child();
    if (child == 0) {
        if (chmod("local", 0) < 0 || (getuid() == 0 && setuid(NOBODY) < 0))
            _exit(99);
        _exit((int)dial(&peer.address, PATIENT_MS, &fd));
    }
    is_u64((uint64_t)wait_child(child), CONN_DENIED, "a socket that is not for us");
    child = fork_child();
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_NOFILE, &none);
        enum conn_status conn = dial(&peer.address, PATIENT_MS, &fd);
        _exit(errno == EMFILE ? (int)conn : 99);
    }
    is_u64((uint64_t)wait_child(child), CONN_NO_RESOURCES, "no descriptor is left");
    close(listener);
}

/* Nobody accepts: the queue is full after one or two, and the next one waits in vain. */
static void test_full(void)
{
    struct test_server peer = {.pid = 0};
    enum conn_status conn = CONN_OK;
    int listener = listen_locally(&peer, 0), queued[8], count = 0;

    while (conn == CONN_OK && count < 8)
        conn = dial(&peer.address, IMPATIENT_MS, &queued[count++]);
    is_peer(conn, CONN_SILENT, "a full queue of a socket of this host");
    while (--count > 0)
        close(queued[count - 1]);
    close(listener);

    listener = listen_somewhere(&peer, 0);
    for (conn = CONN_OK, count = 0; conn == CONN_OK && count < 8;)
        conn = dial(&peer.address, IMPATIENT_MS, &queued[count++]);
    is_peer(conn, CONN_SILENT, "a full queue of a port");
    while (--count > 0)
        close(queued[count - 1]);
    close(listener);
}

/* The limit is that of all waits together: bytes now and then do not renew it. */
static void test_limit(void)
{
    struct test_server peer = {.pid = 0};
    struct budget budget = budget_start(IMPATIENT_MS);
    int listener = listen_somewhere(&peer, 8), fd = -1;
    enum conn_status conn = CONN_OK;
    size_t len, received = 0;
    char got[8];

    dial(&peer.address, PATIENT_MS, &fd);
    is_peer(dial_receive(fd, got, sizeof got, &len, &budget), CONN_SILENT, "silence");
    peer.pid = fork_child();
    if (peer.pid == 0) {
        int drip = accept(listener, NULL, NULL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (send(drip, ".", 1, MSG_NOSIGNAL) == 1)
            nap();
        _exit(0);
    }
    budget = budget_start(IMPATIENT_MS);
    while (conn == CONN_OK) {
        conn = dial_receive(fd, got, 1, &len, &budget);
        received += conn == CONN_OK ? len : 0;
    }
    is_peer(conn, CONN_SILENT, "a byte now and then");
    ok(received > 1, "... came: %zu", received);
    close(fd);
    server_kill(&peer);
    close(listener);
}

/* Waits until the process sleeps. */
static void until_asleep(pid_t pid)
{
    char path[64], state = 'R';

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    while (state != 'S') {
        FILE *file = fopen(path, "r");
        if (!file || fscanf(file, "%*d %*s %c", &state) != 1)
            _exit(1);
        fclose(file);
    }
}

/* A stop ends a wait; what is asked after it, for the clean end, is not ended by it. */
static void test_stop(void)
{
    static const struct peer_script SCRIPT = {.name = "a peer", .answer = "answer", .len = 6};
    struct test_server silent = {.pid = 0}, peer = {.pid = 0};
    struct budget budget = budget_start(PATIENT_MS);
    int listener = listen_somewhere(&silent, 8), fd = -1;
    size_t len = 0;
    char got[8];

    peer_start(&peer, &SCRIPT);
    dial(&silent.address, PATIENT_MS, &fd);
    signals_prepare();
    pid_t child = fork_child();
    if (child == 0) {
        until_asleep(getppid());
        kill(getppid(), SIGTERM);
        _exit(0);
    }
    is_peer(dial_receive(fd, got, sizeof got, &len, &budget), CONN_STOPPED, "a stop meanwhile");
    wait_child(child);
    close(fd);
    is_peer(dial(&peer.address, PATIENT_MS, &fd), CONN_OK, "after it another peer is reached");
    dial_send(fd, "question", 8);
    budget = budget_start(PATIENT_MS);
    is_peer(dial_receive(fd, got, 6, &len, &budget), CONN_OK, "... and heard");
    ok(len > 0, "... to say something");
    close(fd);
    close(listener);
    server_kill(&peer);
}

int main(void)
{
    scratch_enter();
    test_both_ways();
    test_end();
    test_nobody();
    test_local();
    test_denied();
    test_full();
    test_limit();
    test_stop();
    return done_testing();
}
