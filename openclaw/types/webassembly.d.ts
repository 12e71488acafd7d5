// The part of WebAssembly's interface that Node has and @types/node leaves to lib.dom.

declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports?: Record<string, any>);
    readonly exports: Record<string, any>;
  }
}
