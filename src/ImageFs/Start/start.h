// What is done without the runtime: in the Native AOT program only.

#pragma once

#include <sys/types.h>

// The words that make a keeper of a process (MountKeeper).
#define KEEPER_WORD "--keeper"

// The whole life of a keeper, whose server is at the other end of standard input: the process that made the pair of sockets, unless it is named.
int keep(pid_t of);

// Has libraries that images may need loaded later, though nothing more may be mapped to run.
void keep_libraries(void);

// Takes rights away from all threads of this process for good.
//
// rules: a ruleset of Landlock, or -1 for none.
// ids: the user and the group to become, and groups; NULL to stay.
// capabilities: those to be left with, by their bits.
// flags: what the list of system calls has besides.
// sender: a connected local socket that descriptors may be sent over, and that stays open; -1 for none.
//
// Returns 0, or an error number: then nothing can be said of what was taken.
enum confine_flags { confine_network = 1, confine_rings = 2, confine_files = 4, confine_senders = 8 };
int imagefs_confine(int rules, const unsigned *ids, int id_count, unsigned long long capabilities, int flags, int sender);

// Whether this kernel has filters of system calls, and lets this process have one.
int imagefs_has_filters(void);
