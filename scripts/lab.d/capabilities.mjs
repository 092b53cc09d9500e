/**
 * What nobody in a guest may do, root included: set the clock, load modules, make device nodes, change the network that
 * it shares with the machine. In the form of setpriv's --bounding-set.
 */
export const DROPPED = [
  'sys_time',
  'sys_module',
  'sys_rawio',
  'mknod',
  'syslog',
  'net_admin',
  'audit_control',
  'audit_read',
  'wake_alarm',
  'block_suspend',
  'mac_admin',
  'mac_override',
]
  .map((name) => `-${name}`)
  .join(',');
