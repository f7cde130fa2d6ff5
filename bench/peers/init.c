// SPDX-License-Identifier: BSD-2-Clause
/* /init of the lean Linux VM: mounts what nginx needs, brings the network up
 * with a fixed address, becomes nginx. Linked statically, started by the kernel. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_STEP_US 100
#define WAIT_STEPS 20000

static void set_address(int sock, struct ifreq *request, unsigned long what, const char *text) {
  struct sockaddr_in *address = (struct sockaddr_in *)&request->ifr_addr;
  memset(address, 0, sizeof *address);
  address->sin_family = AF_INET;
  inet_pton(AF_INET, text, &address->sin_addr);
  if (ioctl(sock, what, request))
    perror("init: address");
}

/* The link first, the address last: with an address on a device whose queue is
 * not active yet the first ARP answer is lost, and with it a second. */
static void bring_up(const char *name, const char *address, const char *mask) {
  struct ifreq request = {0};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  int sock = socket(AF_INET, SOCK_DGRAM, 0);
  for (int i = 0; ioctl(sock, SIOCGIFFLAGS, &request) && i < WAIT_STEPS; i++)
    usleep(WAIT_STEP_US);
  request.ifr_flags |= IFF_UP | IFF_RUNNING;
  if (ioctl(sock, SIOCSIFFLAGS, &request))
    perror("init: link");
  set_address(sock, &request, SIOCSIFADDR, address);
  set_address(sock, &request, SIOCSIFNETMASK, mask);
  close(sock);
}

static void set_value(const char *path, const char *value) {
  int fd = open(path, O_WRONLY);
  if (fd < 0 || write(fd, value, strlen(value)) < 0)
    perror(path);
  if (fd >= 0)
    close(fd);
}

int main(void) {
  mkdir("/dev", 0755);
  mkdir("/proc", 0755);
  mkdir("/tmp", 0777);
  mount("dev", "/dev", "devtmpfs", 0, 0);
  mount("proc", "/proc", "proc", 0, 0);
  struct rlimit files = {65536, 65536};
  setrlimit(RLIMIT_NOFILE, &files);
  set_value("/proc/sys/net/core/somaxconn", "4096");
  set_value("/proc/sys/net/ipv4/tcp_max_syn_backlog", "4096");
  bring_up("lo", "127.0.0.1", "255.0.0.0");
  bring_up("eth0", "10.73.80.2", "255.255.255.0");
  char *const arguments[] = {"/nginx", "-e", "stderr", "-c", "/nginx.conf", 0};
  execv(arguments[0], arguments);
  perror("init: /nginx");
  for (;;)
    pause();
}
