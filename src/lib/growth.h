/* SPDX-License-Identifier: MIT */
/*
 * growth.h - structs that a caller allocates, and that may be shorter or longer than the library's own.
 *
 * Each begins with its size in bytes, a size_t, as the caller was compiled.  A program built before a member
 * was added has a shorter struct: the library then uses the default, or leaves the member out.  One built
 * with a later header has a longer one: what the library does not know must be zero when it is read, and
 * becomes zero when the struct is filled.  The library never touches a byte beyond the caller's size.
 */
#ifndef SV_GROWTH_H
#define SV_GROWTH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The size of a struct up to and including a member.  The last member of the first release gives the least
 * size to accept.
 */
#define SV_SIZE_THROUGH(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

/* Could a caller's struct have this size?  Anything else is a struct that was not initialised. */
bool sv_size_is_possible(size_t size, size_t least);

/*
 * Read a caller's struct into own, which holds the defaults and is own_size bytes long.  False: its size is
 * not possible, or it is longer and a byte that this library does not know is not zero.
 */
bool sv_struct_take(void *own, size_t own_size, const void *theirs, size_t least);

/*
 * Fill a caller's struct, whose size is possible, from own.  Its size member becomes the bytes that were
 * filled.
 */
void sv_struct_give(void *theirs, const void *own, size_t own_size);

#endif
