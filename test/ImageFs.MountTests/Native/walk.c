// Looks at a mount of ours: what its tree holds (walk tree DIR), and whether its directories' positions hold (walk positions DIR).
#define _GNU_SOURCE
#include "tree.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

// Every position that telldir gave must lead back to the name after it, and rewinddir to the first.
static int check_positions(const char *root)
{
    enum { MOST = 1 << 20 };
    char **names = calloc(MOST, sizeof *names);
    long *positions = calloc(MOST, sizeof *positions);
    long count = 0;
    DIR *d = opendir(root);
    struct dirent *e;
    if (!d)
        return perror(root), 1;
    while (count < MOST && (positions[count] = telldir(d), errno = 0, e = readdir(d)))
        names[count++] = strdup(e->d_name);
    if (errno)
        return perror("readdir"), 1;
    for (long step = 7919, i = 0; i < 1000; i++) {
        long at = i * step % count;
        seekdir(d, positions[at]);
        for (long k = at; k < at + 3 && k < count; k++) {
            e = readdir(d);
            if (!e || strcmp(e->d_name, names[k])) {
                printf("after seekdir to %ld, name %ld is %s, expected %s\n", at, k, e ? e->d_name : "(none)", names[k]);
                return 1;
            }
        }
    }
    rewinddir(d);
    for (long k = 0; k < count; k++) {
        e = readdir(d);
        if (!e || strcmp(e->d_name, names[k])) {
            printf("after rewinddir, name %ld is %s, expected %s\n", k, e ? e->d_name : "(none)", names[k]);
            return 1;
        }
    }
    printf("%ld\n", count);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "tree"))
        return put_tree(stdout, argv[2]), fflush(stdout) != 0;
    if (argc == 3 && !strcmp(argv[1], "positions"))
        return check_positions(argv[2]);
    fprintf(stderr, "usage: walk tree|positions DIRECTORY\n");
    return 2;
}
