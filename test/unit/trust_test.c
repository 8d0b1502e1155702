/* SPDX-License-Identifier: MIT */
/* Whose objects are trusted, which headers can be true, and how sv_open() refuses a channel. */
#include <string.h>

#include "channel/channel.h"
#include "leaks.h"
#include "pair.h"

#define ME 1000u
#define OWNER 2000u
#define OTHER 3000u
#define GROUP 50u

/* Is an object trusted that creator made and owner has now? */
static bool trusted(uid_t creator, uid_t owner, gid_t group, unsigned consent, bool named, bool member)
{
	const struct sv_maker maker = { creator, owner, group };
	const struct sv_target target = {
		.named = named, .owner = OWNER, .group = GROUP, .consent = consent
	};

	return sv_maker_is_trusted(&maker, &target, ME, member);
}

static void makers(void)
{
	ok(trusted(ME, ME, 1, 0600, false, false), "the caller is trusted");
	ok(trusted(0, 0, 1, 0600, false, false), "root is trusted");
	ok(trusted(OWNER, OWNER, 1, 0600, false, false), "the owner of the file is trusted");
	ok(!trusted(OTHER, OTHER, GROUP, 0600, false, true), "with mode 0600 nobody else is trusted");
	ok(!trusted(OTHER, ME, 1, 0666, false, false), "an object that was given away is not trusted");
	ok(trusted(ME, ME, 1, 0600, true, false), "by name the caller is trusted");
	ok(!trusted(0, 0, 1, 0600, true, false), "by name root is not trusted");
	ok(!trusted(OTHER, OTHER, 1, 0666, true, true), "by name no mode makes others trusted");
	ok(trusted(OTHER, OTHER, 1, 0606, false, false), "a mode for others makes others trusted");
	ok(trusted(OTHER, OTHER, 1, 0604, false, false), "so does a mode to read only");
	ok(trusted(OTHER, OTHER, 1, 0602, false, false), "so does a mode to write only");
	ok(!trusted(OTHER, OTHER, 1, 0601, false, false), "a bit that is neither does not");
	ok(trusted(OTHER, OTHER, GROUP, 0660, false, false),
	   "a mode for the group makes the file's group trusted");
	ok(trusted(OTHER, OTHER, 1, 0640, false, true), "and each group of the caller");
	ok(!trusted(OTHER, OTHER, 1, 0660, false, false), "but no other group");
}

static bool only_one; /* the caller has one group */

/* The groups of the caller: this stands before the C library's function. */
int getgroups(int count, gid_t *groups)
{
	/* One of them goes away between the two calls. */
	if (count == 0)
		return only_one ? 1 : 3;
	groups[0] = GROUP;
	if (only_one)
		return 1;
	groups[1] = GROUP;
	groups[2] = GROUP + 2;
	return 2;
}

static void memberships(void)
{
	const struct sv_target target = { .owner = OWNER, .group = GROUP + 1, .consent = 0660 };
	size_t before = 0;
	int i, trusted = 0;

	for (i = 0; i < 40; i++) {
		before = i == 20 ? allocated() : before;
		trusted += sv_is_trusted(OTHER, OTHER, GROUP, &target);
	}
	is(allocated(), before, "the groups of the caller are not kept");
	is(trusted, 40, "one of them makes its member trusted");
	ok(!sv_is_trusted(OTHER, OTHER, GROUP + 2, &target), "another group does not");
	only_one = true;
	ok(sv_is_trusted(OTHER, OTHER, GROUP, &target), "so does the only one");
}

static struct sv_header good_header(uint64_t *bytes)
{
	static struct sv_header header;

	memset(&header, 0, sizeof header);
	header.magic = SV_MAGIC;
	header.format = SV_FORMAT;
	header.header_size = sv_segment_header_size();
	header.capacity = sv_segment_round(1);
	*bytes = header.header_size + header.capacity;
	atomic_store(&header.ready, SV_READY);
	return header;
}

#define JUDGED(change, expected, what) \
	do { \
		uint64_t bytes; \
		struct sv_header header = good_header(&bytes); \
		change; \
		is(sv_header_judge(&header, bytes), expected, what); \
	} while (0)

static void headers(void)
{
	ok(offsetof(struct sv_header, path) == 240 && offsetof(struct sv_header, side) == 1280 &&
	           sizeof(struct sv_header) == 1280 + 4 * SV_LINE,
	   "another build of this version has everything at the same place");
	JUDGED((void)0, SV_TRUST_OK, "a complete header is good");
	JUDGED(header.magic = 0, SV_TRUST_UNREADY, "a header of zeros was never completed");
	JUDGED(header.magic++, SV_TRUST_FOREIGN, "another magic number is another program's");
	JUDGED(header.format++, SV_TRUST_VERSION, "another format is another version's");
	JUDGED(atomic_store(&header.ready, 0), SV_TRUST_UNREADY,
	       "a header is complete only with its last word");
	JUDGED(header.format = 0, SV_TRUST_CORRUPT, "a complete header has a format");
	JUDGED(header.header_size++, SV_TRUST_CORRUPT, "the size of a header is known");
	JUDGED(header.capacity = 0, SV_TRUST_CORRUPT, "no ring is empty");
	JUDGED(header.capacity *= 2, SV_TRUST_CORRUPT, "no ring is larger than its segment");
	JUDGED(bytes++, SV_TRUST_CORRUPT, "no segment is larger than its ring and its header");
	JUDGED(header.flags = SV_HEADER_FLAGS + 1u, SV_TRUST_CORRUPT, "no header has an unknown flag");
	JUDGED(header.flags = SV_KEPT, SV_TRUST_CORRUPT, "no channel is both resumable and detached");
	JUDGED(header.flags = SV_RESUME, SV_TRUST_OK, "a channel may be resumable");
	JUDGED(header.flags = SV_DETACH, SV_TRUST_OK, "a channel may be detached");
	JUDGED(memset(header.path, 'x', sizeof header.path), SV_TRUST_CORRUPT, "a path has an end");
	JUDGED(memset(header.name, 'x', sizeof header.name), SV_TRUST_CORRUPT, "a name has an end");
	JUDGED(atomic_store(&header.side[0].slot, SV_SLOT_LEFT), SV_TRUST_OK, "a side may have left");
	JUDGED(atomic_store(&header.side[0].slot, SV_SLOT_LEFT + 1u), SV_TRUST_CORRUPT,
	       "the writer's slot has four values");
	JUDGED(atomic_store(&header.side[1].slot, SV_SLOT_LEFT + 1u), SV_TRUST_CORRUPT,
	       "the reader's slot has four values");
}

static void sources(void)
{
	const struct sv_source file = { .device = 1, .inode = 2, .size = 3, .mtime_ns = 4 };
	const struct sv_source device = { .device = 9, .inode = 2, .size = 3, .mtime_ns = 4 };
	const struct sv_source inode = { .device = 1, .inode = 9, .size = 3, .mtime_ns = 4 };
	const struct sv_source size = { .device = 1, .inode = 2, .size = 9, .mtime_ns = 4 };
	const struct sv_source changed = { .device = 1, .inode = 2, .size = 3, .mtime_ns = 9 };

	ok(sv_source_is_same(&file, &file) && sv_source_is_unchanged(&file, &file), "a file is itself");
	ok(!sv_source_is_same(&file, &device), "a file on another device is another");
	ok(!sv_source_is_same(&file, &inode), "a file with another inode is another");
	ok(!sv_source_is_unchanged(&file, &size), "another size is a change");
	ok(!sv_source_is_unchanged(&file, &changed), "another time is a change");
}

/* Does a reader come, whose output is the file that the writer reads? */
static int same_file(unsigned flags, uint32_t status)
{
	static struct sv_header header;
	struct sv_channel ch = { .role = SV_READER, .header = &header, .file = { .inode = 2 } };
	int code;

	header.flags = flags;
	header.file[SV_WRITER] = ch.file;
	atomic_store(&header.side[SV_WRITER].status, status);
	code = sv_channel_take_file(&ch);
	is(ch.fault.error.sys_errno, 0, "no system call has failed");
	return code;
}

static void one_file_at_both_ends(void)
{
	is(same_file(0, SV_RUNNING), SV_ESOURCE, "no file is read and written at the same time");
	is(same_file(0, SV_DONE), SV_ESOURCE, "nor when the writer has sent all of it");
	is(same_file(SV_DETACH, SV_RUNNING), SV_ESOURCE, "nor by a writer that may end before its reader");
	is(same_file(SV_DETACH, SV_DONE), SV_OK, "but when that one has read it all");
}

/* What sv_open() says of a segment that has the key of the channel and is not its own. */
static void refused(struct sv_stranger stranger, bool named, enum sv_advice advice, const char *why)
{
	static const struct sv_answer answer = { .step = SV_STEP_REFUSE, .code = SV_EFOREIGN, .why = "" };
	static struct sv_channel ch;
	static struct sv_objects objects;

	memset(&ch, 0, sizeof ch);
	ch.rv.named = named;
	objects.shmid = objects.semid = -1;
	stranger.kind = "segment";
	stranger.id = 7;
	stranger.owner = OTHER;
	objects.stranger = stranger;
	is(sv_channel_explain(&ch, &objects, &answer), SV_EFOREIGN, "a stranger's segment is foreign");
	ok(strstr(ch.fault.error.text, why) != NULL && strstr(ch.fault.error.text, "segment 7") != NULL,
	   "by %s it says '%s'", named ? "name" : "path", ch.fault.error.text);
	is(ch.fault.error.advice, advice, "and advises");
	is(ch.fault.error.sys_errno, 0, "no system call has failed");
}

static void strangers(void)
{
	const struct sv_stranger unknown = { .known = false }, known = { .known = true },
				 unreadable = { .known = true, .unreadable = true },
				 untrusted = { .known = true, .untrusted = true };

	refused(unknown, false, SV_ADVICE_OTHER_CHANNEL, "has its key");
	refused(known, false, SV_ADVICE_OTHER_CHANNEL,
	        "of user 3000 has the same key but is not this channel's");
	refused(unreadable, false, SV_ADVICE_MODE, "may not be looked at");
	refused(untrusted, false, SV_ADVICE_MODE, "made by user 3000, whom this side does not trust");
	/* No mode opens a name to other users, so a mode is no advice. */
	refused(unreadable, true, SV_ADVICE_OTHER_CHANNEL, "is not this channel's");
	refused(untrusted, true, SV_ADVICE_OTHER_CHANNEL, "is not this channel's");
}

static int writer_pid = 4; /* 0: not known */

/* What it says of a channel that others use, or use in another way. */
static void explained(int code, enum sv_advice advice, unsigned own, unsigned flags, bool there,
                      const char *text)
{
	const struct sv_answer answer = {
		.step = SV_STEP_REFUSE, .code = code, .advice = advice, .why = "the reason"
	};
	static struct sv_objects objects;
	static struct sv_channel ch;

	memset(&ch, 0, sizeof ch);
	ch.flags = own;
	objects.facts.segment = there ? SV_SEGMENT_GOOD : SV_SEGMENT_NONE;
	objects.facts.side[SV_WRITER] = there ? SV_PRESENT : SV_HAS_LEFT;
	objects.facts.own = code != SV_EFOREIGN;
	objects.header.flags = flags;
	objects.shmid = objects.semid = 6;
	objects.shm.creator_uid = OTHER;
	atomic_store(&objects.header.side[SV_WRITER].pid, writer_pid);
	atomic_store(&objects.header.side[SV_WRITER].position, 99);
	is(sv_channel_explain(&ch, &objects, &answer), code, "the code");
	ok(strcmp(ch.fault.error.text, text) == 0, "it says '%s'", ch.fault.error.text);
	is(ch.fault.error.peer_pid, code == SV_EBUSY && advice == SV_ADVICE_WAIT && there ? writer_pid : 0,
	   "and which process that is");
	is(ch.fault.error.sys_errno, 0, "no system call has failed");
	if (code == SV_EMODE && advice == SV_ADVICE_NONE)
		advice = (flags & SV_MESSAGES) != 0 ? SV_ADVICE_MESSAGES : SV_ADVICE_BYTES;
	is(ch.fault.error.advice, advice, "and what helps");
}

static void explanations(void)
{
	explained(SV_EBUSY, SV_ADVICE_WAIT, 0, 0, true, "busy: pid 4 is the writer");
	explained(SV_EBUSY, SV_ADVICE_WAIT, 0, 0, false, "the reason");
	explained(SV_EBUSY, SV_ADVICE_TAKE, 0, 0, false, "it holds 99 bytes that were left for a reader");
	explained(SV_EMODE, SV_ADVICE_NONE, 0, SV_MESSAGES, true, "it carries messages, not bytes");
	explained(SV_EMODE, SV_ADVICE_NONE, SV_MESSAGES, 0, true, "it carries bytes, not messages");
	explained(SV_EMODE, SV_ADVICE_NONE, SV_MESSAGES, SV_MESSAGES | SV_RECORDS_NUL, true,
	          "its messages are records that end with NUL, not with a newline");
	explained(SV_EMODE, SV_ADVICE_NONE, SV_MESSAGES | SV_RECORDS_NUL, SV_MESSAGES, true,
	          "its messages do not end with NUL");
	explained(SV_EMODE, SV_ADVICE_RESUME, 0, 0, true, "the reason");
	explained(SV_ECORRUPT, SV_ADVICE_CLEAN, 0, 0, true, "corrupt channel: the reason (segment 6)");
	explained(SV_EFOREIGN, SV_ADVICE_OTHER_CHANNEL, 0, 0, true, "the reason (user 3000)");
	explained(SV_EREMOVED, SV_ADVICE_CLEAN, 0, 0, true, "the reason");
	writer_pid = 0;
	explained(SV_EBUSY, SV_ADVICE_WAIT, 0, 0, true, "the reason");
}

/* What it says while a transfer before this one ends, with a side that is still there. */
static void not_ended(enum sv_presence writer, enum sv_presence reader, long pid)
{
	static struct sv_objects objects;
	static struct sv_channel ch;
	char text[80] = "one side is still attached";

	objects.facts.segment = SV_SEGMENT_GOOD;
	objects.facts.side[SV_WRITER] = writer;
	objects.facts.side[SV_READER] = reader;
	atomic_store(&objects.header.side[SV_WRITER].pid, 4);
	atomic_store(&objects.header.side[SV_READER].pid, 5);
	if (pid != 0)
		snprintf(text, sizeof text, "pid %ld is still attached", pid);
	is(sv_channel_not_ended(&ch, &objects, SV_EAGAIN), SV_EAGAIN, "a transfer has not ended");
	ok(strstr(ch.fault.error.text, text) != NULL, "it says '%s'", ch.fault.error.text);
	is(ch.fault.error.peer_pid, pid, "and which process that is, if it is known");
	is(ch.fault.error.sys_errno, 0, "no system call has failed");
}

int main(void)
{
	makers();
	memberships();
	headers();
	sources();
	one_file_at_both_ends();
	strangers();
	explanations();
	not_ended(SV_PRESENT, SV_HAS_LEFT, 4);
	not_ended(SV_HAS_DIED, SV_PRESENT, 5);
	not_ended(SV_HAS_LEFT, SV_HAS_DIED, 0);
	return tap_done();
}
