// The same as launcher-x86_64.s, for 64-bit ARM.

    .globl _start
_start:
    mov x19, sp                     // argc, arguments, 0, environment, 0, auxiliary vector
    sub sp, sp, #32768
    mov x0, #-100                   // AT_FDCWD
    adr x1, self
    mov x2, sp
    mov x3, #4096
    mov x8, #78                     // readlinkat
    svc #0
    mov x20, sp                     // its own path, of x21 bytes
    mov x21, x0
    cmp x0, #0
    b.gt folder

    ldr x9, [x19]
    add x10, x19, x9, lsl #3
    add x10, x10, #16               // environment
1:  ldr x11, [x10], #8
    cbnz x11, 1b
2:  ldp x11, x20, [x10], #16        // auxiliary vector: kind, value
    cbz x11, failed
    cmp x11, #31                    // AT_EXECFN
    b.ne 2b
    mov x21, #0
3:  ldrb w11, [x20, x21]
    cbz w11, folder
    add x21, x21, #1
    b 3b

folder:
    cbz x21, 4f
    sub x9, x21, #1
    ldrb w11, [x20, x9]
    cmp w11, #'/'
    b.eq 4f
    mov x21, x9
    b folder
4:  adr x22, texts
    add x23, sp, #4096
    bl join
    mov x24, x0                     // loader
    bl join
    mov x26, x0                     // program
    mov x25, x22                    // search path

    ldr x9, [x19]                   // the new arguments
    add x10, x9, #8
    and x10, x10, #-2
    sub sp, sp, x10, lsl #3
    mov x1, sp
    adr x11, library_path
    stp x24, x11, [x1]
    adr x11, argv0
    stp x25, x11, [x1, #16]
    ldr x11, [x19, #8]
    cmp x11, #0
    csel x11, x26, x11, eq
    stp x11, x26, [x1, #32]
    add x12, x1, #48
    add x13, x19, #16
5:  subs x9, x9, #1
    b.le 6f
    ldr x11, [x13], #8
    str x11, [x12], #8
    b 5b
6:  str xzr, [x12]

    mov x0, x24
    ldr x9, [x19]
    add x2, x19, x9, lsl #3
    add x2, x2, #16
    mov x8, #221                    // execve
    svc #0

    mov x1, x24                     // still here: say what can't be run
    mov x2, #0
7:  add x2, x2, #1
    ldrb w11, [x1, x2]
    cbnz w11, 7b
    mov x0, #2
    mov x8, #64                     // write
    svc #0
    mov x0, #2
    adr x1, message
    mov x2, #(message_end - message)
    mov x8, #64
    svc #0
failed:
    mov x0, #127
    mov x8, #93                     // exit
    svc #0

join:                               // its folder and the text at x22, to x23; x0: where that begins
    mov x0, x23
    mov x9, #0
8:  cmp x9, x21
    b.eq 9f
    ldrb w11, [x20, x9]
    strb w11, [x23], #1
    add x9, x9, #1
    b 8b
9:  ldrb w11, [x22], #1
    strb w11, [x23], #1
    cbnz w11, 9b
    ret

self:
    .asciz "/proc/self/exe"
library_path:
    .asciz "--library-path"
argv0:
    .asciz "--argv0"
message:
    .ascii " can't be run\n"
message_end:
texts:
