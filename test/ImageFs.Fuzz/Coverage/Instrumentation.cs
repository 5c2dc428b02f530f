using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace ImageFs.Fuzz.Coverage;

/// <summary>Puts a store at the start of each block of a program's code: the first instruction of a method, and each that is jumped to or follows a jump.</summary>
internal sealed class Instrumentation
{
    private int _blocks;

    /// <summary>Blocks so far.</summary>
    public int Blocks => _blocks;

    /// <summary>Writes a program anew.</summary>
    /// <param name="path">The program.</param>
    public void Write(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        using var module = ModuleDefinition.ReadModule(new MemoryStream(bytes));
        FieldReference hits = module.ImportReference(typeof(BlockHits).GetField(nameof(BlockHits.Hits)));
        foreach (MethodDefinition method in module.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody))
        {
            Count(method.Body, hits);
        }

        module.Write(path);
    }

    private void Count(MethodBody body, FieldReference hits)
    {
        body.SimplifyMacros();
        ILProcessor code = body.GetILProcessor();
        foreach (Instruction first in FindBlocks(body))
        {
            // What jumps to the block jumps to the instruction object, which becomes the first of the store.
            Instruction moved = code.Create(OpCodes.Nop);
            (moved.OpCode, moved.Operand) = (first.OpCode, first.Operand);
            (first.OpCode, first.Operand) = (OpCodes.Ldsfld, hits);
            Instruction[] rest = [code.Create(OpCodes.Ldc_I4, _blocks++), code.Create(OpCodes.Ldc_I4_1), code.Create(OpCodes.Stelem_I1), moved];
            Instruction last = first;
            foreach (Instruction next in rest)
            {
                code.InsertAfter(last, next);
                last = next;
            }
        }

        body.OptimizeMacros();
    }

    private static HashSet<Instruction> FindBlocks(MethodBody body)
    {
        HashSet<Instruction> blocks = [body.Instructions[0], .. body.ExceptionHandlers.Select(handler => handler.HandlerStart)];
        foreach (Instruction instruction in body.Instructions)
        {
            Instruction[] targets = instruction.Operand switch
            {
                Instruction target => [target],
                Instruction[] several => several,
                _ => [],
            };
            blocks.UnionWith(targets);
            if (targets.Length > 0 && instruction.Next is { } next)
            {
                blocks.Add(next);
            }
        }

        return blocks;
    }
}
