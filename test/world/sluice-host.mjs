// Runs commands of the built program, one for each message { args, cwd, env }; answers { code, stdout, stderr }.
import { run } from "../../dist/cli/run.js";

process.on("message", async ({ args, cwd, env }) => {
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) {
    process[name].write = (chunk, encoding, done) => {
      said[name] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
      const callback = typeof encoding === "function" ? encoding : done;
      if (callback) process.nextTick(callback);
      return true;
    };
  }
  const code = await run(args);
  // The program would end now, and its handlers with it.
  for (const signal of ["SIGINT", "SIGTERM"]) process.removeAllListeners(signal);
  process.send({ code, ...said });
});
process.on("disconnect", () => process.exit());
