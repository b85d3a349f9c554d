#!/usr/bin/env bash
# Runs a command on N machines that are network namespaces of this one, each with an address and a host name of its own, joined by a bridge: all
# messages of the processes go through TCP. Needs root. Arguments: N, then program and arguments; mpirun starts one process on each.
set -euo pipefail
count=$1
shift
name=tess$$
place=$(mktemp -d)
cleanup() {
    for ((i = 1; i <= count; i++)); do ip netns del "$name-$i" 2> /dev/null || true; done
    ip link del "$name" 2> /dev/null || true
    rm -rf "$place"
}
trap cleanup EXIT
# A network that nothing else here uses, below 198.18.0.0/15, which is for tests.
net=198.18.$((RANDOM % 250))
ip link add "$name" type bridge
ip addr add "$net.254/24" dev "$name"
ip link set "$name" up
hosts=()
for ((i = 1; i <= count; i++)); do
    ip netns add "$name-$i"
    ip link add "$name-$i" type veth peer name eth0 netns "$name-$i"
    ip link set "$name-$i" master "$name" up
    ip -n "$name-$i" addr add "$net.$i/24" dev eth0
    ip -n "$name-$i" link set eth0 up
    ip -n "$name-$i" link set lo up
    hosts+=("$net.$i")
done
# In place of ssh: host, command.
cat > "$place/agent" << END
#!/bin/bash
node=$name-\${1##*.}
shift
exec ip netns exec "\$node" unshare --uts sh -c "hostname \$node; \$*"
END
chmod +x "$place/agent"
mpirun --allow-run-as-root --mca plm_rsh_agent "$place/agent" --mca oob_tcp_if_include "$net.0/24" --mca btl self,tcp \
    --mca btl_tcp_if_include "$net.0/24" --host "$(IFS=,; echo "${hosts[*]}")" -n "$count" "$@"
