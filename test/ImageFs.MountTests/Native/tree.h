// The same code asks a mount of ours (walk.c) and a mount of Linux's own driver (guest.c), so their answers can be compared.
#pragma once
#include <stdio.h>

// Writes what a tree holds, a line an entry: its path, then key=value, with a space between; it may change the working directory.
void put_tree(FILE *out, const char *root);
