// SPDX-License-Identifier: BSD-2-Clause
/* Passes frames between two taps, given by their open descriptors:
 *   relay FD FD
 * It does for a server on the host what QEMU does for a guest: each frame is
 * read from one tap and written to the other, with segmentation and checksums
 * left to the far end. A frame for which there is no room is dropped. */

#include <fcntl.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FRAME_MAX ((64 << 10) + 128)
#define BATCH 64 // frames of one direction before the other has its turn

static bool prepare(int fd) {
  int flags = fcntl(fd, F_GETFL);
  return !ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) && flags >= 0 &&
         !fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static void pass(int from, int to) {
  static char frame[FRAME_MAX];
  for (int i = 0; i < BATCH; i++) {
    ssize_t n = read(from, frame, sizeof frame);
    if (n <= 0)
      return;
    ssize_t lost = write(to, frame, (size_t)n);
    (void)lost; // as on a wire
  }
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fputs("usage: relay FD FD\n", stderr);
    return 2;
  }
  struct pollfd taps[2] = {{.fd = atoi(argv[1]), .events = POLLIN},
                           {.fd = atoi(argv[2]), .events = POLLIN}};
  if (!prepare(taps[0].fd) || !prepare(taps[1].fd)) {
    perror("relay");
    return 1;
  }
  while (poll(taps, 2, -1) >= 0)
    for (int i = 0; i < 2; i++)
      if (taps[i].revents)
        pass(taps[i].fd, taps[!i].fd);
  return 1;
}
