namespace ImageFs.Completion;

/// <summary>A word that may be at the cursor.</summary>
/// <param name="Text">The whole word; one that ends in <c>=</c> or <c>/</c> is to go on.</param>
/// <param name="Meaning">What it means.</param>
internal readonly record struct Candidate(string Text, string Meaning = "");
