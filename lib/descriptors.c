#include "descriptors.h"

#include <fcntl.h>
#include <unistd.h>

bool descriptors_reserve(bool *stdin_closed)
{
    *stdin_closed = fcntl(STDIN_FILENO, F_GETFD) < 0;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        /* The wrong way round: nothing can be read from 0 or written to 1 and 2 by mistake. */
        int way = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", way) != fd)
            return false;
    }
    return true;
}
