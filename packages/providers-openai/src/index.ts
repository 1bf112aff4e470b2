export { createCompatible, createOpenai } from './provider.ts';
export { environment } from './vendor.ts';
export type { CompatibleVendor } from './vendor.ts';
