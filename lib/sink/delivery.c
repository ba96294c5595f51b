/* SPDX-License-Identifier: MIT */
#include "sink/delivery.h"

#include "process/diag.h"
#include "process/status.h"
#include "process/timing.h"

#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* True if the record was refused unsent, since the server would refuse it and drop its key's old
 * value. */
static bool refuse_unsent(struct delivery *d, const struct batch_record *put)
{
    if (!server_would_refuse(&d->server, put->key.len, put->value.len))
        return false;
    d->tally->refused++;
    rejects_line(d->rejects, put->line, (struct place){put->number, put->offset},
                 "larger than the server's item_size_max (memcached -I); not sent");
    return true;
}

/* ---- to store ---- */

static void on_outcome(void *context, enum store_outcome outcome, const struct batch_record *record)
{
    struct delivery *d = context;

    switch (outcome) {
    case STORE_STORED:
        d->tally->stored++;
        d->tally->bytes_out += record->value.len;
        sample_stored(&d->sample, record->tag, record->key);
        break;
    case STORE_REFUSED:
        sample_failed(&d->sample, record->tag, record->key);
        d->tally->refused++;
        rejects_line(d->rejects, record->line, (struct place){record->number, record->offset},
                     "the server refused it as too large and dropped the key's old value");
        break;
    case STORE_UNDELIVERED:
        sample_failed(&d->sample, record->tag, record->key);
        d->tally->undelivered++;
        linefile_line(&d->undelivered, record->line);
        break;
    }
}

/* Another one each time, so that the same load samples other keys when it runs again. */
static uint64_t random_seed(void)
{
    uint64_t seed;

    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = (uint64_t)timing_now_ms() ^ (uint64_t)getpid() << 32;
    return seed;
}

static bool open_store(struct delivery *d)
{
    struct store_options options = {.protocol = d->options->protocol,
                                    .batch_records = d->options->batch,
                                    .ttl_seconds = d->options->ttl_seconds,
                                    .mute = d->options->common.mute,
                                    .on_outcome = on_outcome,
                                    .context = d};

    d->store = store_open(&d->server, &options);
    return d->store && sample_open(&d->sample, d->options->sample, random_seed());
}

static enum conn_status connect_store(struct delivery *d)
{
    if (d->connected_ms == 0)
        d->connected_ms = timing_now_ms();
    return store_connect(d->store);
}

static void put_store(struct delivery *d, const struct batch_record *put,
                      const struct record *record)
{
    struct batch_record tagged = *put;

    (void)record;
    if (refuse_unsent(d, put))
        return;
    tagged.tag = sample_hash(&d->sample, put->key); /* while the key is in the cache */
    store_put(d->store, &tagged);
}

static void flush_store(struct delivery *d)
{
    store_flush(d->store);
}

static bool is_store_pending(const struct delivery *d)
{
    return store_pending(d->store) > 0;
}

static void count_stored(struct delivery *d)
{
    if (d->store)
        d->tally->protocol = store_protocol(d->store);
}

static int finish_store(struct delivery *d)
{
    if (d->store)
        store_finish(d->store);
    count_stored(d);
    return STATUS_OK;
}

static void close_store(struct delivery *d)
{
    store_close(d->store);
    sample_close(&d->sample);
}

static const struct destination STORE = {
    .mode = "load",
    .open = open_store,
    .connect = connect_store,
    .put = put_store,
    .flush = flush_store,
    .pending = is_store_pending,
    .count = count_stored,
    .finish = finish_store,
    .close = close_store,
};

/* ---- to verify ---- */

static void take_back(void *context, enum verify_why why, const struct batch_record *record)
{
    static const char *const REASON[] = {"not compared: the server was lost",
                                         "missing: the server has no such key",
                                         "differing: the server holds another value"};
    struct delivery *d = context;

    d->tally->undelivered += why == VERIFY_UNDELIVERED;
    linefile_line(&d->undelivered, record->line);
    linefile_why(&d->why, record->number, record->offset, REASON[why]);
}

static bool open_verify(struct delivery *d)
{
    d->verify = verify_open(&d->server, d->options->protocol, d->options->batch, &d->verified,
                            take_back, d);
    return d->verify;
}

static enum conn_status connect_verify(struct delivery *d)
{
    return verify_connect(d->verify);
}

static void put_verify(struct delivery *d, const struct batch_record *put,
                       const struct record *record)
{
    (void)record;
    if (refuse_unsent(d, put))
        return;
    struct batch_record wanted = *put;
    if (!d->options->undelivered)
        wanted.line.len = 0; /* then no line need be kept for its end */
    d->tally->bytes_out += put->value.len;
    verify_put(d->verify, &wanted);
}

static void flush_verify(struct delivery *d)
{
    verify_flush(d->verify);
}

static bool is_verify_pending(const struct delivery *d)
{
    return verify_pending(d->verify) > 0;
}

/* A line that differed can become verified later, so the counts are read again each time. */
static void count_verified(struct delivery *d)
{
    if (d->verify)
        d->tally->protocol = verify_protocol(d->verify);
    d->tally->verified = d->verified.verified;
    d->tally->missing = d->verified.missing;
    d->tally->differing = d->verified.differing;
}

static int finish_verify(struct delivery *d)
{
    bool all_given_back = !d->verify || verify_finish(d->verify);

    count_verified(d);
    return all_given_back ? STATUS_OK : STATUS_IOERR;
}

static void close_verify(struct delivery *d)
{
    verify_close(d->verify);
}

static const struct destination VERIFY = {
    .mode = "verify",
    .open = open_verify,
    .connect = connect_verify,
    .put = put_verify,
    .flush = flush_verify,
    .pending = is_verify_pending,
    .count = count_verified,
    .finish = finish_verify,
    .close = close_verify,
};

/* ---- to no server: a dry run, which prints the records with -v ---- */

static bool open_dry_run(struct delivery *d)
{
    const struct sink_options *options = d->options;

    if (!options->common.verbose)
        return true;
    d->dry_run = dry_run_open(options->address.text, options->common.max_line);
    return d->dry_run;
}

static enum conn_status connect_nowhere(struct delivery *d)
{
    (void)d;
    return CONN_OK;
}

static void put_dry_run(struct delivery *d, const struct batch_record *put,
                        const struct record *record)
{
    d->tally->stored++;
    d->tally->bytes_out += put->value.len;
    item_sizes_add(&d->item_sizes, server_item_bytes(put->key.len, put->value.len));
    if (d->dry_run)
        dry_run_record(d->dry_run, put->key, record);
}

static void flush_dry_run(struct delivery *d)
{
    if (d->dry_run)
        dry_run_flush(d->dry_run);
}

static bool is_dry_run_pending(const struct delivery *d)
{
    return d->dry_run && dry_run_pending(d->dry_run);
}

static void count_nothing(struct delivery *d)
{
    (void)d;
}

static int finish_dry_run(struct delivery *d)
{
    int error = dry_run_close(d->dry_run);

    d->dry_run = NULL;
    return error ? diag_fail("standard output", strerror(error), STATUS_IOERR) : STATUS_OK;
}

static void close_dry_run(struct delivery *d)
{
    dry_run_close(d->dry_run);
}

static const struct destination DRY_RUN = {
    .mode = "dry-run",
    .open = open_dry_run,
    .connect = connect_nowhere,
    .put = put_dry_run,
    .flush = flush_dry_run,
    .pending = is_dry_run_pending,
    .count = count_nothing,
    .finish = finish_dry_run,
    .close = close_dry_run,
};

/* ---- all of them ---- */

static const struct destination *destination_of(enum sink_mode mode)
{
    if (mode == SINK_DRY_RUN)
        return &DRY_RUN;
    return mode == SINK_VERIFY ? &VERIFY : &STORE;
}

void delivery_init(struct delivery *d, const struct sink_options *options, struct sink_tally *tally,
                   struct rejects *rejects)
{
    *d = (struct delivery){.to = destination_of(options->mode),
                           .options = options,
                           .tally = tally,
                           .rejects = rejects};
    tally->mode = d->to->mode;
    if (d->to == &DRY_RUN)
        tally->item_sizes = &d->item_sizes;
    server_init(&d->server, &options->address, options->timeout_ms, options->retry_ms);
    d->server.undelivered = options->undelivered;
    d->server.comes_back = options->undelivered && options->keep_open;
}

void delivery_flush(struct delivery *d)
{
    d->to->flush(d);
    linefile_flush(&d->undelivered);
    linefile_flush(&d->why);
}

bool delivery_pending(const struct delivery *d)
{
    return d->to->pending(d) || linefile_pending(&d->undelivered) || linefile_pending(&d->why);
}

bool delivery_is_over(const struct delivery *d)
{
    return !d->options->undelivered && d->server.failure != CONN_OK;
}

bool delivery_keeps_no_lines(const struct delivery *d)
{
    return !d->options->undelivered && !d->options->common.rejects;
}
