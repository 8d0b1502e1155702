/* SPDX-License-Identifier: MIT */
/* source.c - the files at the two ends of a channel: a side that resumes must bring the same one. */
#include "channel/channel.h"

/*
 * Writing into the file that is being read would destroy it.  With SV_DETACH the writer has read all of it
 * before.
 */
static bool is_same_at_both_ends(const struct sv_channel *ch)
{
	bool read =
		(ch->header->flags & SV_DETACH) != 0 && sv_status_of(&ch->header->side[SV_WRITER]) == SV_DONE;

	return ch->file.inode != 0 && !read &&
	       sv_source_is_same(&ch->header->file[sv_other(ch->role)], &ch->file);
}

/* A side that resumes must bring the file with which the first one began. */
int sv_channel_take_file(struct sv_channel *ch)
{
	struct sv_source *file = &ch->header->file[ch->role];

	if (is_same_at_both_ends(ch))
		return sv_fault_set(&ch->fault, SV_ESOURCE, 0, "input and output are the same file");
	if ((ch->flags & SV_RESUME) == 0) {
		*file = ch->file;
		return SV_OK;
	}
	if (atomic_load(&ch->header->side[ch->role].position) == 0) {
		*file = ch->file;
		return SV_OK;
	}
	if (sv_source_is_same(file, &ch->file) &&
	    (ch->role == SV_READER || sv_source_is_unchanged(file, &ch->file)))
		return SV_OK;
	if (sv_source_is_same(file, &ch->file))
		sv_fault_set(&ch->fault, SV_ESOURCE, 0,
		             "the input file has changed since the transfer was begun");
	else
		sv_fault_set(&ch->fault, SV_ESOURCE, 0, "it was begun with another %s file",
		             ch->role == SV_WRITER ? "input" : "output");
	sv_fault_advise(&ch->fault, SV_ADVICE_CLEAN_ALL);
	return SV_ESOURCE;
}
