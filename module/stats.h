/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters: one set per network namespace, kept per CPU.
 *
 * Every packet or datagram that is dropped is counted under exactly one name
 * that says why. Names are what `ferry stat` prints; add a counter by adding a
 * line here.
 */
#ifndef _FERRY_STATS_H
#define _FERRY_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>

#define FERRY_STATS(X)	\
	/* the way in, both transports */ \
	X(IP_IN_SHORT, "IpInShort", "packets shorter than their header says") \
	X(IP_IN_CSUM, "IpInCsumErrors", "packets with a wrong checksum") \
	X(IP_IN_POLICY, "IpInPolicy", "packets refused by an xfrm policy") \
	X(IP_IN_EARLY, "IpInEarly", "packets whose socket was found before their route") \
	X(IP_IN_NOMEM, "IpInNoMem", "packets dropped for want of memory") \
	X(IP_OUT_NOROUTE, "IpOutNoRoute", "packets without a route to their peer") \
	X(IP_OUT_NOMEM, "IpOutNoMem", "packets not sent for want of memory") \
	X(IP_OUT_DROPPED, "IpOutDropped", "packets refused below (qdisc, filter)") \
	X(ICMP_IN, "IcmpIn", "ICMP errors about Ferry packets") \
	X(ICMP_IN_UNMATCHED, "IcmpInUnmatched", "ICMP errors that fit no socket") \
	X(ICMP_OUT_SUPPRESSED, "IcmpOutSuppressed", "answers withheld by a rate limit") \
	X(GSO_SEGMENTED, "GsoSegmented", "super-packets cut by software") \
	X(GRO_MERGED, "GroMerged", "packets merged into super-packets") \
	/* inside UDP */ \
	X(UDP_IN, "UdpIn", "packets that came inside UDP") \
	X(UDP_OUT, "UdpOut", "packets sent inside UDP") \
	X(UDP_OUT_CLOSED, "UdpOutClosed", "packets not sent as the UDP port is closed") \
	X(UDP_DROP_HEADER, "UdpDropHeader", "packets inside UDP too short or of an unknown kind") \
	X(UDP_DROP_ADDR, "UdpDropAddress", "packets inside UDP to or from a group of hosts") \
	X(UDP_DROP_CSUM, "UdpDropCsum", "packets inside UDP with no valid checksum") \
	X(UDP_DROP_KIND, "UdpDropMismatch", "bare segments for a connection inside UDP, or the other way round") \
	X(UDP_MOVED, "UdpPeerMoved", "peers whose UDP port changed (NAT)") \
	X(UDP_MOVE_REFUSED, "UdpMoveRefused", "segments from another UDP port that prove nothing") \
	X(UDP_EVICTED, "UdpPeersEvicted", "datagram peers forgotten for want of room") \
	/* streams */ \
	X(STREAM_IN_SEGS, "StreamInSegs", "segments received") \
	X(STREAM_OUT_SEGS, "StreamOutSegs", "segments sent, retransmissions included") \
	X(STREAM_IN_BYTES, "StreamInBytes", "payload bytes accepted in order") \
	X(STREAM_OUT_BYTES, "StreamOutBytes", "payload bytes sent for the first time") \
	X(STREAM_RETRANS_SEGS, "StreamRetransSegs", "segments sent again") \
	X(STREAM_RETRANS_BYTES, "StreamRetransBytes", "payload bytes sent again") \
	X(STREAM_SPURIOUS, "StreamSpuriousRetrans", "retransmissions the original made needless") \
	X(STREAM_LOST_SEGS, "StreamLostSegs", "segments judged lost") \
	X(STREAM_TIMEOUTS, "StreamTimeouts", "retransmission timeouts") \
	X(STREAM_FAST_RECOVERY, "StreamFastRecovery", "recoveries begun by loss evidence") \
	X(STREAM_PROBES, "StreamProbes", "zero-window probes sent") \
	X(STREAM_KEEPALIVES, "StreamKeepalives", "keepalive probes sent") \
	X(STREAM_DELAYED_ACKS, "StreamDelayedAcks", "acknowledgments sent by the delay timer") \
	X(STREAM_ACTIVE_OPENS, "StreamActiveOpens", "connect() calls that sent a SYN") \
	X(STREAM_PASSIVE_OPENS, "StreamPassiveOpens", "connections made by a listener") \
	X(STREAM_ATTEMPT_FAILS, "StreamAttemptFails", "connections that failed before they were made") \
	X(STREAM_ESTAB_RESETS, "StreamEstabResets", "connections reset after they were made") \
	X(STREAM_OUT_RSTS, "StreamOutRsts", "resets sent") \
	X(STREAM_CHALLENGE_ACKS, "StreamChallengeAcks", "RFC 5961 challenges sent") \
	X(STREAM_CHALLENGE_SKIPPED, "StreamChallengeSkipped", "RFC 5961 challenges withheld by their rate limit") \
	X(STREAM_DROP_HEADER, "StreamDropHeader", "segments with a malformed header") \
	X(STREAM_DROP_OPTION, "StreamDropOption", "segments with malformed or unknown critical options") \
	X(STREAM_DROP_NOPORT, "StreamDropNoPort", "segments for no socket") \
	X(STREAM_DROP_ADDR, "StreamDropAddress", "segments to or from an address no connection can have") \
	X(STREAM_DROP_SEQ, "StreamDropSequence", "segments outside the receive window") \
	X(STREAM_DROP_EPOCH, "StreamDropEpoch", "segments of an earlier turn of the sequence space") \
	X(STREAM_DROP_ACK, "StreamDropAck", "segments whose acknowledgment cannot be") \
	X(STREAM_DROP_DUP, "StreamDropDuplicate", "segments whose bytes were all received before") \
	X(STREAM_DROP_STATE, "StreamDropState", "segments no transition of the state takes") \
	X(STREAM_DROP_CLOSED, "StreamDropClosed", "payload for a reader that has closed") \
	X(STREAM_DROP_RCVBUF, "StreamDropRcvbuf", "segments for which the receive buffer had no room") \
	X(STREAM_DROP_MEM, "StreamDropMemory", "segments for which the protocol had no memory") \
	X(STREAM_DROP_BACKLOG, "StreamDropBacklog", "segments for which a busy socket's backlog had no room") \
	X(STREAM_DROP_OFO, "StreamDropOutOfOrder", "segments out of order beyond the bound on those") \
	X(STREAM_DROP_TTL, "StreamDropTtl", "segments from farther away than IP_MINTTL allows") \
	X(STREAM_DROP_FILTER, "StreamDropFilter", "segments a socket filter refused") \
	X(STREAM_DROP_NOMEM, "StreamDropNoMem", "segments dropped for want of memory") \
	X(STREAM_OFO_QUEUED, "StreamOfoQueued", "segments queued out of order") \
	X(STREAM_OFO_PRUNED, "StreamOfoPruned", "out-of-order segments given up for memory") \
	X(STREAM_RENEGED, "StreamReneged", "times a peer had dropped what it had reported") \
	X(STREAM_ECN_CE, "StreamEcnCeIn", "segments received with a congestion mark") \
	X(STREAM_ECN_REDUCED, "StreamEcnReduced", "windows reduced for congestion marks") \
	X(STREAM_ECN_FAILED, "StreamEcnPathFailed", "connections whose path loses or changes ECN marks: sent without") \
	X(STREAM_MTU_PROBE_SENT, "StreamMtuProbeSent", "probes of a path MTU sent") \
	X(STREAM_MTU_PROBE_ACKED, "StreamMtuProbeAcked", "of these, answered: the path takes that size") \
	X(STREAM_MTU_PROBE_LOST, "StreamMtuProbeLost", "of these, lost") \
	X(STREAM_MTU_BLACK_HOLE, "StreamMtuBlackHole", "paths found to lose large packets without a word") \
	X(STREAM_PRESSURE, "StreamMemoryPressure", "times streams came under memory pressure") \
	X(STREAM_LISTEN_OVERFLOWS, "StreamListenOverflows", "connections a full accept queue put off") \
	X(STREAM_LISTEN_DROPS, "StreamListenDrops", "SYNs a full half-open queue dropped") \
	X(STREAM_REQ_TIMEOUTS, "StreamReqTimeouts", "half-open connections that timed out") \
	X(STREAM_TW_CREATED, "StreamTimeWait", "connections that went through TIME_WAIT") \
	X(STREAM_TW_REUSED, "StreamTimeWaitReused", "of these, ended early by a connect() that took their place") \
	X(STREAM_TW_OVERFLOWS, "StreamTimeWaitOverflow", "TIME_WAIT entries the bound refused") \
	X(STREAM_ORPHANS_KILLED, "StreamOrphansKilled", "orphans ended by the bound on them") \
	X(STREAM_ABORT_ON_DATA, "StreamAbortOnData", "connections reset as bytes came after close") \
	X(STREAM_ABORT_ON_CLOSE, "StreamAbortOnClose", "connections closed with unread bytes") \
	X(STREAM_ABORT_ON_TIMEOUT, "StreamAbortOnTimeout", "connections given up after too many timeouts") \
	X(STREAM_ABORT_ON_LINGER, "StreamAbortOnLinger", "connections closed with SO_LINGER {1, 0}") \
	X(STREAM_FF_TAKEN, "StreamFirstFlightActive", "SYNs of ours whose payload the server took") \
	X(STREAM_FF_REFUSED, "StreamFirstFlightActiveRefused", "SYNs of ours whose payload it did not take") \
	X(STREAM_FF_LOST, "StreamFirstFlightActiveLost", "SYNs of ours that got lost with what they carried") \
	X(STREAM_FF_PASSIVE, "StreamFirstFlightPassive", "SYNs whose payload was delivered") \
	X(STREAM_FF_COOKIES, "StreamFirstFlightCookies", "first-flight cookies given out") \
	X(STREAM_FF_BAD, "StreamFirstFlightBadCookie", "SYNs with a cookie that is not ours, or no more") \
	X(STREAM_FF_OVERFLOWS, "StreamFirstFlightOverflows", "SYNs whose payload TCP_FASTOPEN's bound refused") \
	X(STREAM_FF_REPLAYS, "StreamFirstFlightReplays", "SYNs whose payload had been delivered before") \
	X(STREAM_SYNCOOKIES_SENT, "StreamSyncookiesSent", "SYNs a full half-open queue answered by a ticket") \
	X(STREAM_SYNCOOKIES_RECV, "StreamSyncookiesRecv", "connections made of a ticket") \
	X(STREAM_SYNCOOKIES_FAILED, "StreamSyncookiesFailed", "tickets that are not ours, or no more") \
	X(STREAM_RESTED, "StreamRested", "idle connections that gave back what they work with") \
	X(STREAM_WOKEN, "StreamWoken", "of these, those that got it again") \
	/* datagrams */ \
	X(DGRAM_IN, "DgramIn", "datagrams delivered to a socket's queue") \
	X(DGRAM_OUT, "DgramOut", "datagrams sent") \
	X(DGRAM_DROP_HEADER, "DgramDropHeader", "datagrams with a malformed header") \
	X(DGRAM_DROP_NOPORT, "DgramDropNoPort", "datagrams for no socket") \
	X(DGRAM_DROP_CSUM, "DgramDropCsum", "datagrams with a wrong checksum") \
	X(DGRAM_DROP_RCVBUF, "DgramDropRcvbuf", "datagrams for a full receive queue") \
	X(DGRAM_DROP_MEM, "DgramDropMemory", "datagrams for which the protocol had no memory") \
	X(DGRAM_DROP_FILTER, "DgramDropFilter", "datagrams a socket filter refused") \
	X(DGRAM_DROP_POLICY, "DgramDropPolicy", "datagrams a policy refused") \
	X(DGRAM_DROP_NOMEM, "DgramDropNoMem", "datagrams dropped for want of memory") \
	X(DGRAM_OUT_ERRORS, "DgramOutErrors", "datagrams that could not be sent") \
	/* ports */ \
	X(PORT_EXHAUSTED, "PortExhausted", "requests for an ephemeral port that found none") \
	X(PORT_REFUSED, "PortRefused", "bind() calls refused by a right or a reservation")

#define FERRY_STAT_ENUM(id, name, text)	FERRY_STAT_##id,
enum ferry_stat {
	FERRY_STATS(FERRY_STAT_ENUM)
	FERRY_STAT_COUNT
};

#undef FERRY_STAT_ENUM

/**
 * struct ferry_stats - one CPU's counters
 * @count: by enum ferry_stat; machine words, so that one instruction counts
 *	from any context without a lock
 */
struct ferry_stats {
	unsigned long	count[FERRY_STAT_COUNT];
};

/**
 * ferry_stat_name() - the name `ferry stat` prints
 * @id: which counter
 */
const char *ferry_stat_name(enum ferry_stat id);

/**
 * ferry_stat_read() - one counter's sum over all CPUs
 * @stats: the namespace's counters
 * @id: which counter
 */
u64 ferry_stat_read(const struct ferry_stats __percpu *stats, enum ferry_stat id);

#endif /* _FERRY_STATS_H */
