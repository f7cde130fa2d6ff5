/* SPDX-License-Identifier: BSD-2-Clause
 * lwIP's options: every one that matters set deliberately. Capacities that
 * follow the size of RAM are set in net/memory.c, not here. */
#pragma once

#include <lib/limits.h>
#include <stdint.h>

/* One loop, no threads, no sockets. */
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_TIMERS 1

/* Memory comes from net/memory.c: kernel pools for fixed sizes, a kernel heap
 * for the rest. */
#define MEM_ALIGNMENT 8
#define MEM_CUSTOM_ALLOCATOR 1
#define MEM_CUSTOM_MALLOC net_heap_alloc
#define MEM_CUSTOM_CALLOC net_heap_calloc
#define MEM_CUSTOM_FREE net_heap_free
#define MEMP_MEM_MALLOC 0
#define MEM_SIZE 65536 /* not used by the custom allocator */
void *net_heap_alloc(unsigned long n);
void *net_heap_calloc(unsigned long n, unsigned long size);
void net_heap_free(void *p);

/* What is spoken. */
#define LWIP_IPV4 1
#define LWIP_IPV6 1
#define LWIP_ARP 1
#define LWIP_ETHERNET 1
#define LWIP_ICMP 1
#define LWIP_ICMP6 1
#define LWIP_UDP 1
#define LWIP_TCP 1
#define LWIP_RAW 0
#define LWIP_DHCP 1
#define LWIP_DHCP_DOES_ACD_CHECK 0 /* a second of waiting at every boot */
#define LWIP_AUTOIP 0
#define LWIP_ACD 0
#define LWIP_IGMP 0
#define LWIP_DNS 0
#define LWIP_IPV6_MLD 1 /* switches that snoop drop ND without it */
#define LWIP_IPV6_AUTOCONFIG 1
#define LWIP_IPV6_DHCP6 0
#define LWIP_IPV6_NUM_ADDRESSES 4
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 1
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS 0

/* A web server has no use for fragments: TCP never makes any, and lists of
 * them are memory for strangers to fill. */
#define IP_FRAG 0
#define IP_REASSEMBLY 0
#define LWIP_IPV6_FRAG 0
#define LWIP_IPV6_REASS 0
#define IP_FORWARD 0
#define LWIP_ICMP_ECHO_CHECK_INPUT_PBUF_LEN 1
#define LWIP_BROADCAST_PING 0
#define LWIP_MULTICAST_PING 0

/* Caches that neighbours fill. */
#define ARP_TABLE_SIZE 16
#define ARP_QUEUEING 1
#define ARP_QUEUE_LEN 3
#define LWIP_ND6_NUM_NEIGHBORS 16
#define LWIP_ND6_NUM_DESTINATIONS 16
#define LWIP_ND6_NUM_PREFIXES 4
#define LWIP_ND6_NUM_ROUTERS 2
#define LWIP_ND6_QUEUEING 1
#define LWIP_ND6_TCP_REACHABILITY_HINTS 0 /* a probe each half minute instead */
#define ETHARP_TABLE_MATCH_NETIF 0

/* One network card. */
#define LWIP_SINGLE_NETIF 1
#define LWIP_NETIF_LOOPBACK 0
#define LWIP_HAVE_LOOPIF 0
#define LWIP_NETIF_HOSTNAME 1
#define LWIP_NETIF_STATUS_CALLBACK 1
#define LWIP_NETIF_TX_SINGLE_PBUF 0 /* the driver takes chains */
#define LWIP_SUPPORT_CUSTOM_PBUF 1  /* receive buffers of the driver */
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_CHECKSUM_ON_COPY 0

/* TCP. */
#define TCP_MSS 1460 /* Ethernet; the peer's and the path's are taken into account */
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 5
#define TCP_WND 65536                   /* at first: net/window.c */
#define TCP_SND_BUF LIMIT_NET_STREAM_TX /* grows with the congestion window */
#define TCP_SND_QUEUELEN 12000          /* pieces; so many only without segmentation by the card */
#define MEMP_NUM_PBUF 65535
#define TCP_OVERSIZE 0 /* a head is followed by a body by reference: room behind it is lost */
#define TCP_QUEUE_OOSEQ 1
/* What came out of order, per connection: all of a window, which a peer then need not
 * repeat, and some packets while memory is short. */
struct tcp_pcb;
_Bool kernel_page_short(void);
uint32_t net_window_bytes(const struct tcp_pcb *pcb);
#define TCP_OOSEQ_BYTES_LIMIT(pcb) (kernel_page_short() ? 16384u : net_window_bytes(pcb))
#define TCP_OOSEQ_PBUFS_LIMIT(pcb) (kernel_page_short() ? 12 : net_window_bytes(pcb) / 1365)
#define LWIP_TCP_SACK_OUT 1
#define LWIP_TCP_MAX_SACK_NUM 3
#define LWIP_TCP_TIMESTAMPS 0
#define LWIP_TCP_KEEPALIVE 0
#define TCP_LISTEN_BACKLOG 1
#define TCP_DEFAULT_LISTEN_BACKLOG 255 /* half-open connections; the field has 8 bits */
#define TCP_MSL 5000                   /* ms: TIME_WAIT lasts 10 s, and gives way when full */
#define TCP_SYNMAXRTX 4
#define TCP_MAXRTX 8
#define LWIP_TCP_RTO_TIME 1000 /* ms, RFC 6298 2.1 */
uint32_t net_tcp_isn(const void *local_ip, uint16_t local_port, const void *remote_ip,
                     uint16_t remote_port);
#define LWIP_HOOK_TCP_ISN net_tcp_isn

/* Segments sent again are counted where options would be added. */
struct tcp_hdr;
struct tcp_pcb;
void net_counters_sent(const struct tcp_hdr *header, const struct tcp_pcb *pcb);
#define LWIP_HOOK_TCP_OUT_ADD_TCPOPTS(p, header, pcb, opts)                                        \
  ((pcb) ? net_counters_sent(header, pcb) : (void)0, opts)

/* What acknowledgements tell is heard before lwIP acts on it (net/recovery.h).
 * Options that go on in a second buffer are none: buffers hold a header. */
struct tcp_pcb;
void net_recovery_hear(struct tcp_pcb *pcb, const struct tcp_hdr *header, const uint8_t *options,
                       uint16_t n, uint16_t data_n);
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, header, n, n1, more, p)                                    \
  (net_recovery_hear((struct tcp_pcb *)(pcb), header, (const uint8_t *)((header) + 1),             \
                     (more) ? 0 : (n), (p)->tot_len),                                              \
   ERR_OK)

/* The IPv6 gateway of the boot options. */
struct ip6_addr;
const struct ip6_addr *net_ip6_gateway(const struct ip6_addr *destination);
#define LWIP_HOOK_ND6_GET_GW(netif, destination) net_ip6_gateway(destination)

#define TCP_SNDLOWAT 16384
#define LWIP_DISABLE_TCP_SANITY_CHECKS 1 /* they count a pool of receive buffers we do not use */
#define MEMP_NUM_SYS_TIMEOUT 16
#define LWIP_STATS 0
#define LWIP_ASSERT_CORE_LOCKED()
