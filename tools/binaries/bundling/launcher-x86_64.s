# The launcher of a bundled program, for x86-64 and Linux. Three texts follow it, each with a zero byte at its end: loader
# and program, as paths from the launcher's folder, and the search path for libraries. It runs
#
#     FOLDER/LOADER --library-path LIBRARIES --argv0 ARGUMENT0 FOLDER/PROGRAM ARGUMENT1 …
#
# with the environment that it got. Its own folder it knows from /proc, or where that isn't mounted from the path that
# it was started by. It needs no library, no shell, and no other file.

    .intel_syntax noprefix
    .globl _start
_start:
    mov r12, rsp                    # argc, arguments, 0, environment, 0, auxiliary vector
    sub rsp, 32768                  # 4096 bytes for its own path, the rest for those made of it
    mov eax, 89                     # readlink
    lea rdi, self[rip]
    mov rsi, rsp
    mov edx, 4096
    syscall
    mov r14, rsp                    # its own path, of r15 bytes
    mov r15, rax
    test rax, rax
    jg folder

    mov rcx, [r12]
    lea rdi, [r12 + rcx * 8 + 16]   # environment
1:  add rdi, 8
    cmp qword ptr [rdi - 8], 0
    jne 1b
2:  mov rax, [rdi]                  # auxiliary vector: kind, value
    mov r14, [rdi + 8]
    add rdi, 16
    test rax, rax
    je failed
    cmp rax, 31                     # AT_EXECFN
    jne 2b
    xor r15d, r15d
3:  cmp byte ptr [r14 + r15], 0
    je folder
    inc r15
    jmp 3b

folder:                             # up to and with the last slash; nothing where there is none
    test r15, r15
    je 4f
    cmp byte ptr [r14 + r15 - 1], '/'
    je 4f
    dec r15
    jmp folder
4:  lea rdx, texts[rip]
    lea rdi, [rsp + 4096]
    call join
    mov r13, rax                    # loader
    call join
    mov rbx, rax                    # program
    mov rbp, rdx                    # search path

    mov rcx, [r12]                  # the new arguments, the last one first
    push 0
5:  dec rcx
    jle 6f
    push [r12 + rcx * 8 + 8]
    jmp 5b
6:  mov rax, [r12 + 8]
    test rax, rax
    cmove rax, rbx
    push rbx
    push rax
    lea rax, argv0[rip]
    push rax
    push rbp
    lea rax, library_path[rip]
    push rax
    push r13

    mov eax, 59                     # execve
    mov rdi, r13
    mov rsi, rsp
    mov rcx, [r12]
    lea rdx, [r12 + rcx * 8 + 16]
    syscall

    mov rsi, r13                    # still here: say what can't be run
    xor edx, edx
7:  inc edx
    cmp byte ptr [rsi + rdx], 0
    jne 7b
    mov eax, 1                      # write
    mov edi, 2
    syscall
    mov eax, 1
    lea rsi, message[rip]
    mov edx, offset message_end - message
    syscall
failed:
    mov eax, 60                     # exit
    mov edi, 127
    syscall

join:                               # its folder and the text at rdx, to rdi; rax: where that begins
    mov rax, rdi
    mov rsi, r14
    mov rcx, r15
    rep movsb
8:  mov cl, [rdx]
    mov [rdi], cl
    inc rdx
    inc rdi
    test cl, cl
    jne 8b
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
