/* Reads one byte too far, and must be stopped by the address sanitizer: else the other programs' silence would mean nothing.
 * usage: sanitizers_are_on COUNT */
#include <stdlib.h>

int main(int argc, char **argv)
{
    volatile char *bytes = calloc((size_t)atoi(argv[1]), 1);
    return bytes[atoi(argv[1]) + argc - 2];
}
