import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { CPU } from './accelerator.mjs';
import { vmFiles } from './vm-state.mjs';

/** Powers a machine on; it goes on in the background. @param {object} machine */
export function startQemu({ name, host, port, memory, accel }) {
  const files = vmFiles(name);
  fs.rmSync(files.monitor, { force: true });
  execFileSync(
    'qemu-system-x86_64',
    [
      ...['-name', name, '-machine', `pc,accel=${accel}`, '-cpu', CPU[accel]],
      ...['-smp', '1', '-m', String(memory), '-display', 'none', '-device', 'virtio-gpu-pci'],
      ...['-device', 'virtio-rng-pci'],
      ...['-drive', `file=${files.disk},if=virtio,format=qcow2,discard=unmap`],
      ...['-netdev', `user,id=net,hostfwd=tcp:${host}:${port}-:22`, '-device', 'virtio-net-pci,netdev=net,romfile='],
      ...['-chardev', `file,id=console,path=${files.console},append=on`, '-serial', 'chardev:console'],
      ...['-qmp', `unix:${files.monitor},server=on,wait=off`],
      ...['-pidfile', files.pid, '-daemonize'],
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
}
