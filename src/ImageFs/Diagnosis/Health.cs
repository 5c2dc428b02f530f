namespace ImageFs.Diagnosis;

/// <summary>What a fact means for mounting.</summary>
internal enum Health
{
    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Neither good nor bad.</summary>
    Note,

    /// <summary>It works, but slower, or not for everything.</summary>
    Limited,

    /// <summary>Something does not work without it.</summary>
    Bad,
}
